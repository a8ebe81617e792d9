// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Kills siphon before each system call that changes a file. The random times of kill_test rarely
// hit the interval between two such calls; this test covers each of them.

#include "testing/e2e/crash_point.h"

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/rounds.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// Of a run with many calls, as in a restore page by page, this number of calls at the beginning and
// at the end are all tested, and about kBetween calls in between.
const int kEach = kSanitized ? 10 : Rounds(40, 10);
constexpr int kBetween = 20;

class CrashPoints : public ::testing::Test {
 protected:
  CrashPoints() {
    EXPECT_THAT(MakeSampleDatabase(box_.Path("source.db"), {.bytes = 400000, .seed = 1}), IsOk());
    EXPECT_THAT(MakeSampleDatabase(box_.Path("small.db"), {.bytes = 100000, .seed = 2}), IsOk());
    // The leak check uses ptrace(2), so it does not work in a traced program.
    if (kSanitized) box_.environment["ASAN_OPTIONS"] = "detect_leaks=0";
  }

  CrashPoint Run(const std::vector<std::string>& args, int at) {
    const absl::StatusOr<CrashPoint> point = RunToCrashPoint(box_.Options(args), at);
    EXPECT_THAT(point, IsOk());
    return point.ok() ? *point : CrashPoint{};
  }

  // Runs `args` once for each tested call and kills it there, with `prepare` before and `check`
  // after each run.
  template <typename PrepareFunction, typename CheckFunction>
  void CrashAtEachCall(const std::vector<std::string>& args, PrepareFunction prepare,
                       CheckFunction check) {
    prepare();
    const CrashPoint whole = Run(args, kNoCrash);
    ASSERT_EQ(whole.exit_code, 0) << "the undisturbed run";
    ASSERT_GT(whole.calls, 3);
    int killed = 0;
    for (int at = 1; at <= whole.calls; at = Next(at, whole.calls)) {
      prepare();
      const CrashPoint point = Run(args, at);
      killed += point.killed ? 1 : 0;
      check(absl::StrCat("killed at call ", at, " of ", whole.calls, ", ", point.last_call));
      if (HasFailure()) return;
    }
    std::cout << killed << " crash points of " << whole.calls << " calls\n";
    // The number of calls differs by one or two between runs, as the order of threads differs.
    EXPECT_GE(killed, std::min(whole.calls, 2 * kEach) - 3);
  }

  static int Next(int at, int calls) {
    if (at < kEach || at >= calls - kEach) return at + 1;
    return std::min(calls - kEach, at + std::max(1, (calls - 2 * kEach) / kBetween));
  }

  // Appends the names of the files of a dump; those of a verified dump include its notes.
  static void AddFilesOf(const std::string& id, bool verified, std::vector<std::string>& expected) {
    expected.push_back(id + ".dump");
    expected.push_back(id + ".meta.json");
    if (verified) expected.push_back(id + ".notes.json");
  }

  void CopyFolder(const std::string& from, const std::string& to) {
    Clear(box_.Path(to));
    for (const std::string& name : Names(box_.Path(from))) {
      CopyBytes(box_.Path(from + "/" + name), box_.Path(to + "/" + name));
    }
  }

  Sandbox box_;
};

TEST_F(CrashPoints, OfABackupLeaveACatalogueOfWholeDumps) {
  const std::vector<std::string> backup = {"backup", box_.Url("source.db")};
  int dumps = 0;
  CrashAtEachCall(
      backup, [this] { Clear(box_.DumpDirectory()); },
      [&](const std::string& when) {
        std::vector<std::string> expected;
        for (const std::string& id : box_.ListedDumps()) {
          ++dumps;
          EXPECT_EQ(box_.Run({"verify", id}).exit_code, 0) << when;
          AddFilesOf(id, true, expected);
        }
        EXPECT_THAT(Names(box_.DumpDirectory()), ElementsAreArray(expected)) << when;
      });
  std::cout << dumps << " crashes came after the commit\n";
}

// The run after a crash may crash as well.
TEST_F(CrashPoints, OfTheRunThatCleansUpLeaveWholeDumpsToo) {
  // For each state that a crash of a backup leaves in the folder, tests each crash of `dumps list`.
  const std::vector<std::string> backup = {"backup", box_.Url("source.db")};
  const CrashPoint whole = Run(backup, kNoCrash);
  int cleanings = 0;
  for (int at = std::max(1, whole.calls - 12); at <= whole.calls && !HasFailure(); ++at) {
    Clear(box_.DumpDirectory());
    Run(backup, at);
    CopyFolder("data/siphon/dumps", "state");
    const auto prepare = [this] { CopyFolder("state", "data/siphon/dumps"); };
    for (int crash = 1; crash < 50 && !HasFailure(); ++crash) {
      prepare();
      if (!Run({"dumps", "list"}, crash).killed) break;
      ++cleanings;
      std::vector<std::string> expected;
      for (const std::string& id : box_.ListedDumps()) {
        EXPECT_EQ(box_.Run({"verify", id}).exit_code, 0);
        AddFilesOf(id, true, expected);
      }
      EXPECT_THAT(Names(box_.DumpDirectory()), ElementsAreArray(expected))
          << "backup killed at call " << at << ", list at call " << crash;
    }
  }
  std::cout << cleanings << " crash points\n";
  EXPECT_GT(cleanings, 0);
}

// The notes of a dump are replaced, so a crash could leave half of them, or none of the old ones.
TEST_F(CrashPoints, OfAVerificationLeaveTheOldOrTheNewNotes) {
  const std::string id = box_.Backup("source.db");
  CopyFolder("data/siphon/dumps", "bare");
  for (const int old : {0, 1}) {
    CopyFolder("bare", "data/siphon/dumps");
    if (old > 0) {
      ASSERT_EQ(box_.Run({"verify", id}).exit_code, 0);
    }
    CopyFolder("data/siphon/dumps", "state");
    int old_seen = 0, new_seen = 0;
    CrashAtEachCall(
        {"verify", id}, [this] { CopyFolder("state", "data/siphon/dumps"); },
        [&](const std::string& when) {
          EXPECT_THAT(box_.ListedDumps(), ElementsAre(id)) << when;
          const ProcessResult inspect = box_.Run({"dumps", "inspect", id, "--json"});
          ASSERT_EQ(inspect.exit_code, 0) << when << ": " << inspect.err;
          EXPECT_EQ(inspect.err, "") << when << ": the notes can be read";
          const auto json = nlohmann::json::parse(inspect.out, nullptr, false);
          ASSERT_TRUE(json.is_object()) << when;
          const int known =
              json.contains("verifications") ? static_cast<int>(json["verifications"].size()) : 0;
          EXPECT_THAT(known, AnyOf(old, old + 1)) << when;
          ++(known == old ? old_seen : new_seen);
          std::vector<std::string> expected;
          AddFilesOf(id, known > 0, expected);
          EXPECT_THAT(Names(box_.DumpDirectory()), ElementsAreArray(expected)) << when;
        });
    EXPECT_GT(old_seen, 0);
    EXPECT_GT(new_seen, 0);
  }
}

class CrashPointsOfRestore : public CrashPoints, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    Clear(box_.Path("old"));
    const SampleOptions old = {.bytes = 300000, .seed = 3};
    const std::string path = box_.Path("old/target.db");
    if (Exists()) {
      ASSERT_THAT(GetParam() == "Wal" ? MakeSampleDatabaseWithAWal(path, old)
                                      : MakeSampleDatabase(path, old),
                  IsOk());
      CopyFolder("old", "aside");
      old_ = *Fingerprint(box_.Path("aside/target.db"));
    }
    id_ = box_.Backup("source.db");
    small_id_ = box_.Backup("small.db");
    new_ = *Fingerprint(box_.Path("source.db"));
  }

  bool Exists() const { return GetParam() != "New"; }

  // Expects the complete old or new database, and no other file after the next restore.
  void Check(const std::string& when) {
    const std::vector<std::string> names = Names(box_.Path("target"));
    if (std::find(names.begin(), names.end(), "target.db") != names.end()) {
      CopyFolder("target", "aside");
      const absl::StatusOr<std::string> found = Fingerprint(box_.Path("aside/target.db"));
      ASSERT_THAT(found, IsOk()) << when;
      EXPECT_THAT(*found, AnyOf(old_, new_)) << when;
      ++(*found == old_ ? old_seen_ : new_seen_);
    } else {
      EXPECT_FALSE(Exists()) << when << ": the database is gone";
      ++old_seen_;
    }
    const ProcessResult next =
        box_.Run({"restore", small_id_, "--profile", box_.Url("target/target.db"), "--clean"});
    EXPECT_EQ(next.exit_code, 0) << when << ": " << next.err;
    EXPECT_THAT(Names(box_.Path("target")), ElementsAre("target.db")) << when;
  }

  std::string id_, small_id_, old_ = "none", new_;
  int old_seen_ = 0, new_seen_ = 0;
};

TEST_P(CrashPointsOfRestore, LeaveTheOldOrTheNewDatabase) {
  std::vector<std::string> restore = {"restore", id_, "--profile", box_.Url("target/target.db")};
  if (Exists()) restore.push_back("--clean");
  CrashAtEachCall(
      restore, [this] { CopyFolder("old", "target"); },
      [this](const std::string& when) { Check(when); });
  std::cout << "the old database " << old_seen_ << " times, the new one " << new_seen_
            << " times\n";
  EXPECT_GT(old_seen_, 0);
}

TEST_P(CrashPointsOfRestore, OfATableLeaveTheOldOrTheNewDatabase) {
  // Here the new content is the target after the restore of one table.
  CopyFolder("old", "target");
  const std::vector<std::string> restore = {
      "restore", id_, "--profile", box_.Url("target/target.db"), "--clean", "--table", "documents"};
  ASSERT_EQ(box_.Run(restore).exit_code, 0);
  CopyFolder("target", "aside");
  new_ = *Fingerprint(box_.Path("aside/target.db"));
  CrashAtEachCall(
      restore, [this] { CopyFolder("old", "target"); },
      [this](const std::string& when) { Check(when); });
  EXPECT_GT(old_seen_, 0);
}

TEST_P(CrashPointsOfRestore, OfASyncLeaveTheOldOrTheNewDatabase) {
  std::vector<std::string> sync = {"sync", box_.Url("source.db"), box_.Url("target/target.db")};
  if (Exists()) sync.push_back("--clean");
  CrashAtEachCall(
      sync, [this] { CopyFolder("old", "target"); },
      [this](const std::string& when) { Check(when); });
  EXPECT_GT(old_seen_, 0);
}

INSTANTIATE_TEST_SUITE_P(Target, CrashPointsOfRestore, ::testing::Values("Rollback", "Wal", "New"),
                         [](const auto& info) { return info.param; });

TEST_F(CrashPoints, OfAChangeOfTheConfigurationLeaveTheOldOrTheNewFile) {
  const std::string config = box_.Path("config/config.yaml");
  const std::vector<std::string> add = {
      "profile", "add", "app", "--driver", "sqlite", "--database", box_.Path("source.db")};
  const std::string before =
      "# Mine.\nversion: 1\nprofiles:\n  other:\n    driver: sqlite\n"
      "    database: /srv/other.db\n";
  const auto prepare = [&] {
    Clear(box_.Path("config"));
    WriteBytes(config, before);
  };
  prepare();
  ASSERT_EQ(box_.Run(add).exit_code, 0);
  const std::string after = ReadBytes(config);
  CrashAtEachCall(add, prepare, [&](const std::string& when) {
    EXPECT_THAT(ReadBytes(config), AnyOf(before, after)) << when;
    ASSERT_EQ(box_.Run({"profile", "add", "third", "--driver", "sqlite", "--database", "/c.db"})
                  .exit_code,
              0)
        << when;
    EXPECT_THAT(Names(box_.Path("config")), ElementsAre("config.yaml")) << when;
  });
}

}  // namespace
}  // namespace siphon::testing
