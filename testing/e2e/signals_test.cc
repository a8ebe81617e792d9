// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Interrupts or kills siphon during a backup, a restore and a sync: no partial dump is listed, the
// target is unchanged, and no process and no session is left.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <iostream>
#include <ostream>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/faults.h"
#include "testing/rounds.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Signal {
  std::string name;
  int number;
  int exit_code;  // -1: the signal ends it.
  friend void PrintTo(const Signal& signal, std::ostream* out) { *out << signal.name; }
};

class Signals : public Faults,
                public ::testing::WithParamInterface<std::tuple<FaultJob, Signal, FaultSite>> {
 protected:
  Signals() : Faults(std::get<2>(GetParam())) {}
  static FaultJob job() { return std::get<0>(GetParam()); }
  static const Signal& signal() { return std::get<1>(GetParam()); }

  void ExpectEnd(Run& run, const std::string& when) {
    const auto begin = std::chrono::steady_clock::now();
    const ProcessResult result = End(run, seconds(20));
    EXPECT_EQ(result.exit_code, signal().exit_code) << when << ": " << result.err;
    if (signal().number == SIGKILL) {
      EXPECT_EQ(result.signal, SIGKILL) << when;
    }
    ExpectNothingHappened(run, when, seconds(5));
    if (signal().number == SIGKILL) {
      ExpectNextRestoreClears();
    } else {
      ExpectNoFileLeft(when);
      ExpectNoLeftovers(when);
    }
    std::cout << when << ": all gone after "
              << duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin).count()
              << " ms\n";
  }

  // A backup that is killed after the publication of its dump leaves the whole dump.
  void RemoveWholeDumps(const std::string& when) {
    for (const std::string& id : box_.ListedDumps()) {
      if (id == id_) continue;
      const ProcessResult verified = box_.Run({"verify", id, "--deep"});
      EXPECT_EQ(verified.exit_code, 0) << when << ": " << verified.err;
      EXPECT_EQ(box_.Run({"dumps", "rm", id, "--yes"}).exit_code, 0) << when;
    }
  }
};

// Each job with each signal on each site. In the short form each job has SIGKILL and one of the
// signals that siphon handles, each on one of the sites.
std::vector<std::tuple<FaultJob, Signal, FaultSite>> SignalsOnSites() {
  const std::vector<Signal> signals = {
      {"Sigint", SIGINT, 130}, {"Sigterm", SIGTERM, 143}, {"Sigkill", SIGKILL, -1}};
  std::vector<std::tuple<FaultJob, Signal, FaultSite>> all;
  const std::vector<FaultJob> jobs = AllFaultJobs();
  for (size_t job = 0; job < jobs.size(); ++job) {
    size_t turn = job;
    for (const Signal& signal : signals) {
      const int other = job % 2 == 0 ? SIGTERM : SIGINT;
      if (!IsLongForm() && signal.number == other) continue;
      for (FaultSite& site : FaultSitesFor(turn++)) {
        all.emplace_back(jobs[job], signal, std::move(site));
      }
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Servers, Signals, ::testing::ValuesIn(SignalsOnSites()),
                         [](const auto& info) {
                           return absl::StrCat(::testing::PrintToString(std::get<0>(info.param)),
                                               "With", std::get<1>(info.param).name,
                                               std::get<2>(info.param).name);
                         });

TEST_P(Signals, InTheMiddleOfTheRowsLeaveNothing) {
  Run run = BeginSlowly(job());
  run.process->Signal(signal().number);
  ExpectEnd(run, "in the middle of the rows");
}

// At times spread over the run, from before the first connection to after the last row.
TEST_P(Signals, AtAnyMomentLeaveNothingOrTheWhole) {
  const int kRounds = kSanitized ? 3 : Rounds(6, 3);
  // After this the target has the content that every completed run gives it.
  std::chrono::nanoseconds wall = seconds(60);
  for (int i = 0; i < 2; ++i) {
    const ProcessResult undisturbed = box_.Run(Arguments(job()));
    ASSERT_EQ(undisturbed.exit_code, 0) << undisturbed.err;
    wall = std::min(wall, undisturbed.wall);
  }
  Accept();
  int landed = 0;
  for (int i = 0; i < kRounds; ++i) {
    const auto moment = duration_cast<milliseconds>(wall * i / kRounds);
    const std::string when = absl::StrCat("after ", moment.count(), " ms");
    Run run = Begin(job());
    std::this_thread::sleep_for(moment);
    run.process->Signal(signal().number);
    const ProcessResult result = End(run, seconds(20));
    if (result.exit_code == 0) {
      // This run was faster than those before, so the next signals are sent earlier.
      wall = std::min(wall, result.wall);
      Accept();
      continue;
    }
    ++landed;
    // An early signal may arrive before main() installs its handler.
    if (result.signal == 0) {
      EXPECT_EQ(result.exit_code, signal().exit_code) << when << result.err;
    }
    if (job() == FaultJob::kBackup && signal().number == SIGKILL) RemoveWholeDumps(when);
    ExpectNothingHappened(run, when, seconds(5));
    if (signal().number != SIGKILL) ExpectNoLeftovers(when);
    if (HasFailure()) break;
  }
  ExpectNextRestoreClears();
  std::cout << landed << " of " << kRounds << " signals landed in "
            << duration_cast<milliseconds>(wall).count() << " ms\n";
  EXPECT_GE(landed, kRounds / 2);
}

class Killed : public Faults, public ::testing::WithParamInterface<FaultSite> {
 protected:
  Killed() : Faults(GetParam()) {}
};

INSTANTIATE_TEST_SUITE_P(Servers, Killed, ::testing::ValuesIn(FaultSites()),
                         ::testing::PrintToStringParamName());

TEST_P(Killed, BackupsLeaveNothingThatTheNextOneDoesNotClearAway) {
  Run run = BeginSlowly(FaultJob::kBackup);
  run.process->Signal(SIGKILL);
  End(run);
  to_source_->SetBandwidth(0);
  const ProcessResult next = box_.Run(Arguments(FaultJob::kBackup));
  ASSERT_EQ(next.exit_code, 0) << next.err;
  EXPECT_THAT(box_.ListedDumps(), SizeIs(2));
  EXPECT_THAT(Names(box_.DumpDirectory()), SizeIs(4));
  EXPECT_THAT(Names(box_.Path("tmp")), IsEmpty());
}

}  // namespace
}  // namespace siphon::testing
