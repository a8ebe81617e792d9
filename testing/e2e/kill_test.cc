// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Kills siphon at random times of a backup and of a restore: no incomplete dump is listed, the
// database is completely the old or the new one, and the next run leaves no other file.

#include <algorithm>
#include <chrono>
#include <iostream>
#include <numeric>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/rounds.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using ::testing::AnyOf;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

const int kKills = kSanitized ? 20 : Rounds(100, 25);
constexpr uint64_t kBytes = kSanitized ? uint64_t{4} << 20 : uint64_t{24} << 20;
constexpr unsigned kSeed = 20260401;

// Random times within a run. The duration of an undisturbed run is divided into kKills equal parts,
// and each part gets one of kKills consecutive times. The duration is corrected by each run that
// ended before its time, as the load of the machine may have changed since the measurement.
class Moments {
 public:
  explicit Moments(nanoseconds undisturbed) : undisturbed_(undisturbed) {
    std::cout << "undisturbed run: " << duration_cast<milliseconds>(undisturbed).count()
              << " ms, seed " << kSeed << "\n";
  }

  nanoseconds Next() {
    if (slots_.empty()) {
      slots_.resize(kKills);
      std::iota(slots_.begin(), slots_.end(), 0);
      std::shuffle(slots_.begin(), slots_.end(), random_);
    }
    const double within = std::uniform_real_distribution<double>(0, 1)(random_);
    const double part = (slots_.back() + within) / kKills;
    slots_.pop_back();
    return duration_cast<nanoseconds>(undisturbed_ * part);
  }

  // Records how the run ended; returns true if the signal ended it.
  bool Landed(const ProcessResult& result) {
    if (result.signal == SIGKILL) {
      ++landed_;
      return true;
    }
    undisturbed_ = std::min(undisturbed_, result.wall);
    return false;
  }

  int landed() const { return landed_; }

 private:
  nanoseconds undisturbed_;
  std::mt19937_64 random_{kSeed};
  std::vector<int> slots_;
  int landed_ = 0;
};

class Kill : public ::testing::Test {
 protected:
  // The median duration of three runs, each after `prepare`.
  template <typename PrepareFunction>
  nanoseconds Measure(const std::vector<std::string>& args, PrepareFunction prepare) const {
    std::vector<nanoseconds> times;
    for (int i = 0; i < 3; ++i) {
      prepare();
      const ProcessResult result = box_.Run(args);
      EXPECT_EQ(result.exit_code, 0) << result.err;
      times.push_back(result.wall);
    }
    std::sort(times.begin(), times.end());
    return times[1];
  }

  // Verifies every listed dump once, and expects that it is complete. Expects that the folder
  // contains only the files of these dumps, with the notes that the verification wrote.
  void ExpectCleanCatalogue(const std::string& when) {
    std::vector<std::string> expected;
    for (const std::string& id : box_.ListedDumps()) {
      expected.push_back(id + ".dump");
      expected.push_back(id + ".meta.json");
      expected.push_back(id + ".notes.json");
      if (!verified_.insert(id).second) continue;
      const ProcessResult verify = box_.Run({"verify", id});
      EXPECT_EQ(verify.exit_code, 0) << when << ": " << verify.err;
    }
    std::sort(expected.begin(), expected.end());
    EXPECT_THAT(Names(box_.DumpDirectory()), ElementsAreArray(expected)) << when;
  }

  Sandbox box_;
  std::set<std::string> verified_;
};

TEST_F(Kill, OfABackupNeverLeavesAnIncompleteDump) {
  ASSERT_THAT(MakeSampleDatabase(box_.Path("source.db"), {.bytes = kBytes, .seed = 1}), IsOk());
  const std::string before = *Fingerprint(box_.Path("source.db"));
  const std::vector<std::string> args = {"backup", box_.Url("source.db"), "--quiet"};
  const nanoseconds undisturbed = Measure(args, [] {});
  ExpectCleanCatalogue("undisturbed");
  const size_t first_dumps = verified_.size();

  Moments moments(undisturbed);
  int runs = 0;
  for (; moments.landed() < kKills && runs < 2 * kKills; ++runs) {
    const nanoseconds moment = moments.Next();
    moments.Landed(box_.RunAndSignal(args, moment, SIGKILL));
    const std::string when =
        absl::StrCat("killed after ", duration_cast<microseconds>(moment).count(), " us");
    ExpectCleanCatalogue(when);
    if (HasFailure()) break;
    for (const std::string& id : box_.ListedDumps()) {
      if (verified_.size() <= first_dumps + 5) break;
      // Keeps the folder small by removing dumps that were verified.
      EXPECT_EQ(box_.Run({"dumps", "rm", id, "--yes"}).exit_code, 0);
      verified_.erase(id);
    }
  }
  std::cout << moments.landed() << " kills in " << runs << " runs landed in a running backup\n";
  EXPECT_EQ(moments.landed(), kKills);
  EXPECT_EQ(*Fingerprint(box_.Path("source.db")), before) << "the source";
  EXPECT_THAT(Names(box_.root() + "/tmp"), IsEmpty()) << "nothing is staged in TMPDIR";
}

// The state of the target before a restore.
struct TargetKind {
  std::string name;
  bool exists;
  bool wal;  // Rows that are committed in the WAL alone, as a program that was killed leaves them.

  friend void PrintTo(const TargetKind& kind, std::ostream* out) { *out << kind.name; }
};

class KillOfRestore : public Kill, public ::testing::WithParamInterface<TargetKind> {
 protected:
  void SetUp() override {
    ASSERT_THAT(MakeSampleDatabase(box_.Path("source.db"), {.bytes = kBytes, .seed = 2}), IsOk());
    ASSERT_THAT(MakeSampleDatabase(box_.Path("small.db"), {.bytes = 50000, .seed = 3}), IsOk());
    Clear(box_.Path("old"));
    const SampleOptions old = {.bytes = kBytes / 4, .seed = 4};
    ASSERT_THAT(GetParam().wal ? MakeSampleDatabaseWithAWal(box_.Path("old/target.db"), old)
                               : MakeSampleDatabase(box_.Path("old/target.db"), old),
                IsOk());
    new_id_ = box_.Backup("source.db");
    small_id_ = box_.Backup("small.db");
    new_ = *Fingerprint(box_.Path("source.db"));
    small_ = *Fingerprint(box_.Path("small.db"));
    CopyFolder("old", "aside");
    old_ = *Fingerprint(box_.Path("aside/target.db"));
  }

  std::vector<std::string> Args(const std::string& id) const {
    std::vector<std::string> args = {"restore", id, "--profile", box_.Url("target/target.db")};
    if (GetParam().exists) args.push_back("--clean");
    return args;
  }

  // Puts the target into its state before the restore.
  void PutOld() {
    Clear(box_.Path("target"));
    if (GetParam().exists) CopyFolder("old", "target");
  }

  void CopyFolder(const std::string& from, const std::string& to) {
    Clear(box_.Path(to));
    for (const std::string& name : Names(box_.Path(from))) {
      CopyBytes(box_.Path(from + "/" + name), box_.Path(to + "/" + name));
    }
  }

  // The fingerprint of the target. With `aside` it is taken from a copy, so that SQLite does not
  // recover the target before siphon does.
  absl::StatusOr<std::string> LookAtTarget(bool aside) {
    if (!aside) return Fingerprint(box_.Path("target/target.db"));
    CopyFolder("target", "aside");
    return Fingerprint(box_.Path("aside/target.db"));
  }

  void ExpectOldOrNew(const std::string& when, bool aside) {
    const auto names = Names(box_.Path("target"));
    if (!GetParam().exists && std::find(names.begin(), names.end(), "target.db") == names.end()) {
      ++old_seen_;
      return;
    }
    const absl::StatusOr<std::string> found = LookAtTarget(aside);
    ASSERT_THAT(found, IsOk()) << when << ": " << ::testing::PrintToString(names);
    ASSERT_THAT(*found, AnyOf(old_, new_)) << when;
    // A target that did not exist still does not exist, or is new.
    ASSERT_TRUE(GetParam().exists || *found == new_) << when;
    ++(*found == new_ ? new_seen_ : old_seen_);
  }

  // Expects that the next run on the target succeeds and leaves only the database.
  void ExpectCleanAfterNextRun(const std::string& when) {
    std::vector<std::string> args = Args(small_id_);
    if (!GetParam().exists) args.push_back("--clean");
    const ProcessResult next = box_.Run(args);
    ASSERT_EQ(next.exit_code, 0) << when << ": " << next.err;
    ASSERT_THAT(Names(box_.Path("target")), ::testing::ElementsAre("target.db")) << when;
    ASSERT_EQ(*Fingerprint(box_.Path("target/target.db")), small_) << when;
  }

  std::string new_id_, small_id_, new_, small_, old_;
  int old_seen_ = 0, new_seen_ = 0;
};

TEST_P(KillOfRestore, LeavesTheOldOrTheNewDatabase) {
  const nanoseconds undisturbed = Measure(Args(new_id_), [this] { PutOld(); });
  Moments moments(undisturbed);
  int runs = 0;
  while (moments.landed() < kKills && runs++ < 2 * kKills) {
    PutOld();
    const nanoseconds moment = moments.Next();
    if (!moments.Landed(box_.RunAndSignal(Args(new_id_), moment, SIGKILL))) continue;
    const std::string when =
        absl::StrCat("killed after ", duration_cast<microseconds>(moment).count(), " us");
    ASSERT_NO_FATAL_FAILURE(ExpectOldOrNew(when, runs % 2 == 0));
    ASSERT_NO_FATAL_FAILURE(ExpectCleanAfterNextRun(when));
  }
  std::cout << moments.landed() << " kills in " << runs
            << " runs landed in a running restore; the target was " << old_seen_
            << " times the old database, " << new_seen_ << " times the new one\n";
  EXPECT_EQ(moments.landed(), kKills);
  ExpectCleanCatalogue("after all");
}

INSTANTIATE_TEST_SUITE_P(Target, KillOfRestore,
                         ::testing::Values(TargetKind{"Existing", true, false},
                                           TargetKind{"ExistingWal", true, true},
                                           TargetKind{"New", false, false}),
                         [](const auto& info) { return info.param.name; });

// A signal that asks siphon to exit.
struct Polite {
  std::string name;
  int signal;
  int exit_code;

  friend void PrintTo(const Polite& polite, std::ostream* out) { *out << polite.name; }
};

class Interrupt : public Kill, public ::testing::WithParamInterface<Polite> {
 protected:
  static constexpr int kRounds = 8;

  // Runs siphon and signals it at times spread over the run, until `kRounds` signals have
  // interrupted it or each time was used four times, as a run may be shorter than the measured one.
  // Calls `check` after each interrupted run.
  template <typename PrepareFunction, typename CheckFunction>
  void SignalAllOver(const std::vector<std::string>& args, PrepareFunction prepare,
                     CheckFunction check) {
    const nanoseconds undisturbed = Measure(args, prepare);
    int landed = 0;
    for (int run = 0; run < 4 * kRounds && landed < kRounds; ++run) {
      const int i = run % kRounds + 1;
      prepare();
      const nanoseconds moment = undisturbed * i / (kRounds + 1);
      const ProcessResult result = box_.RunAndSignal(args, moment, GetParam().signal);
      if (result.signal == 0 && result.exit_code == 0) continue;
      check(absl::StrCat("signal after ", duration_cast<microseconds>(moment).count(), " us"));
      if (result.signal == GetParam().signal && result.out.empty() && result.err.empty()) {
        // On a busy machine the first signal may arrive before main() installs its handler.
        ASSERT_LE(i, 2) << "siphon handles it and exits";
        continue;
      }
      ASSERT_EQ(result.signal, 0) << "siphon handles it and exits";
      ASSERT_EQ(result.exit_code, GetParam().exit_code) << result.err;
      ASSERT_LT(*result.after_signal, std::chrono::seconds(kSanitized ? 10 : 2));
      ++landed;
    }
    EXPECT_GE(landed, kRounds / 2) << "signals that landed in a running siphon";
  }
};

TEST_P(Interrupt, OfABackupLeavesNothing) {
  ASSERT_THAT(MakeSampleDatabase(box_.Path("source.db"), {.bytes = kBytes, .seed = 1}), IsOk());
  const auto nothing = [this] { Clear(box_.DumpDirectory()); };
  SignalAllOver({"backup", box_.Url("source.db")}, nothing, [this](const std::string& when) {
    EXPECT_THAT(Names(box_.DumpDirectory()), IsEmpty()) << when;
    EXPECT_THAT(Names(box_.Path("tmp")), IsEmpty()) << when;
  });
}

TEST_P(Interrupt, OfARestoreLeavesTheOldDatabaseAndNothingBesideIt) {
  ASSERT_THAT(MakeSampleDatabase(box_.Path("source.db"), {.bytes = kBytes, .seed = 1}), IsOk());
  ASSERT_THAT(MakeSampleDatabase(box_.Path("old.db"), {.bytes = 100000, .seed = 2}), IsOk());
  const std::string id = box_.Backup("source.db");
  const std::string old = *Fingerprint(box_.Path("old.db"));
  const auto prepare = [this] {
    Clear(box_.Path("target"));
    CopyBytes(box_.Path("old.db"), box_.Path("target/target.db"));
  };
  SignalAllOver({"restore", id, "--profile", box_.Url("target/target.db"), "--clean"}, prepare,
                [&](const std::string& when) {
                  EXPECT_THAT(Names(box_.Path("target")), ::testing::ElementsAre("target.db"))
                      << when;
                  EXPECT_EQ(*Fingerprint(box_.Path("target/target.db")), old) << when;
                });
}

INSTANTIATE_TEST_SUITE_P(Signal, Interrupt,
                         ::testing::Values(Polite{"Sigint", SIGINT, 130},
                                           Polite{"Sigterm", SIGTERM, 143}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace siphon::testing
