// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Crashed servers, broken networks, full disks and wrong passwords: siphon exits with the right
// code and a message that names the cause, lists no partial dump, and leaves the target unchanged.

#include "testing/e2e/faults.h"

#include <csignal>
#include <cstddef>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/rounds.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/fault_proxy.h"
#include "testing/servers/reserved_port.h"
#include "testing/servers/small_disk.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Direction = FaultProxy::Direction;

constexpr uint64_t kMegabyte = 1'000'000;

// The messages of siphon and its tools about a lost connection.
constexpr char kLost[] =
    "onnection (failed|reset|lost)|closed the connection|ended the connection|"
    "terminating connection|not (send|receive) data";

class JobWithAFault : public Faults,
                      public ::testing::WithParamInterface<std::tuple<FaultJob, FaultSite>> {
 protected:
  JobWithAFault() : Faults(std::get<1>(GetParam())) {}
  static FaultJob job() { return std::get<0>(GetParam()); }
};

// Each job on each site; in the short form each job on one site.
std::vector<std::tuple<FaultJob, FaultSite>> JobsOnSites() {
  std::vector<std::tuple<FaultJob, FaultSite>> all;
  size_t turn = 0;
  for (const FaultJob job : AllFaultJobs()) {
    for (FaultSite& site : FaultSitesFor(turn++)) all.emplace_back(job, std::move(site));
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Servers, JobWithAFault, ::testing::ValuesIn(JobsOnSites()),
                         [](const auto& info) {
                           return absl::StrCat(::testing::PrintToString(std::get<0>(info.param)),
                                               std::get<1>(info.param).name);
                         });

TEST_P(JobWithAFault, FailsWhenTheServerIsKilled) {
  Run run = BeginSlowly(job());
  ServerOf(job()).Kill();
  const ProcessResult result = End(run);
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, ContainsRegex(kLost));
  ExpectNothingHappened(run, "killed");
  ExpectNoDumpLeft("killed");
  ExpectReachableTargetClear(job(), "killed");
  ExpectNextRestoreClears();
}

TEST_P(JobWithAFault, FailsWhenTheServerIsShutDown) {
  Run run = BeginSlowly(job());
  ASSERT_OK(ServerOf(job()).ShutDown());
  const ProcessResult result = End(run);
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, ContainsRegex(kLost));
  ExpectNothingHappened(run, "shut down");
  ExpectNoDumpLeft("shut down");
  ExpectReachableTargetClear(job(), "shut down");
  ExpectNextRestoreClears();
}

// At positions from the first byte of the first connection to the middle of the rows, in both
// directions.
TEST_P(JobWithAFault, FailsWhenTheConnectionIsResetAfterSoManyBytes) {
  const bool all = IsLongForm();
  int failed = 0;
  for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
    using Counts = std::vector<int64_t>;
    Counts counts = all ? Counts{0, 30, 300, 3000, 30'000} : Counts{0, 300, 30'000};
    if (direction == WayOfRows(job())) {
      const Counts more = all ? Counts{300'000, 1'000'000, 2'000'000} : Counts{1'000'000};
      counts.insert(counts.end(), more.begin(), more.end());
    }
    for (const int64_t bytes : counts) {
      const std::string when = absl::StrCat(
          "after ", bytes, direction == Direction::kToServer ? " bytes to" : " bytes from",
          " the server");
      ProxyOf(job()).ResetAfter(direction, bytes);
      Run run = Begin(job());
      const ProcessResult result = End(run);
      ProxyOf(job()).ResetAfter(direction, std::nullopt);
      if (result.exit_code == 0) {
        // No connection of the job transfers that many bytes in this direction.
        EXPECT_NE(direction, WayOfRows(job())) << when;
        Accept();
        break;
      }
      ++failed;
      EXPECT_EQ(result.exit_code, 2) << when << ": " << result.err;
      EXPECT_THAT(result.err, ContainsRegex(kLost)) << when;
      ExpectNothingHappened(run, when);
      ExpectNoDumpLeft(when);
      ExpectReachableTargetClear(job(), when);
      if (HasFailure()) return;
    }
  }
  ExpectNextRestoreClears();
  std::cout << failed << " resets landed\n";
  // All in the direction of the rows, and in the other one those within 300 bytes.
  EXPECT_GE(failed, all ? 11 : 6);
}

// The network delivers no more bytes, and siphon gets no error from it.
TEST_P(JobWithAFault, CanBeEndedWhileTheNetworkIsSilent) {
  Run run = BeginSlowly(job());
  ProxyOf(job()).BlackHole(true);
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_FALSE(run.process->ended());
  run.process->Signal(SIGINT);
  const ProcessResult result = End(run, seconds(20));
  EXPECT_EQ(result.exit_code, 130) << result.err;
  ProxyOf(job()).BlackHole(false);
  ProxyOf(job()).Cut();
  ExpectNothingHappened(run, "silent");
  ExpectNoDumpLeft("silent");
  ExpectReachableTargetClear(job(), "silent");
  ExpectNextRestoreClears();
}

// Tests that run once for each site.
class SiteFaults : public Faults, public ::testing::WithParamInterface<FaultSite> {
 protected:
  SiteFaults() : Faults(GetParam()) {}
};

class Connect : public SiteFaults {
 protected:
  // Runs every verb that connects to a database, with this URL as its source or as its target.
  void ExpectFailure(const std::string& url, const std::string& what) {
    const std::string source = source_->Url("app");
    const std::vector<std::vector<std::string>> verbs = {
        {"backup", url},
        {"inspect", url},
        {"profile", "test", url},
        {"restore", id_, "--profile", url, "--clean"},
        {"verify", id_, "--restore", url},
        {"sync", url, target_->Url("app"), "--clean"},
        {"sync", source, url, "--clean"}};
    for (const std::vector<std::string>& args : verbs) {
      RunningProcess process(box_.Options(args));
      Run run;
      run.tree = std::make_unique<ProcessTree>(process.pid());
      ASSERT_OK_AND_ASSIGN(const ProcessResult result, process.Wait());
      EXPECT_EQ(result.exit_code, 2) << args[0] << ": " << result.err;
      EXPECT_THAT(result.err, AllOf(HasSubstr("connection failed"), HasSubstr(what))) << args[0];
      if (args[0] == "inspect") continue;
      // The short form looks at servers and dumps once, after the last verb.
      if (!IsLongForm() && &args != &verbs.back()) {
        EXPECT_OK(run.tree->WaitUntilGone(seconds(10))) << what;
        continue;
      }
      ExpectNothingHappened(run, what);
      ExpectNoFileLeft(what);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Servers, Connect, ::testing::ValuesIn(FaultSites()),
                         ::testing::PrintToStringParamName());

TEST_P(Connect, NamesAWrongPassword) {
  ExpectFailure(source_->Url("app", {.password = "wrong"}), "password");
}

TEST_P(Connect, NamesAnUnknownUser) {
  ExpectFailure(source_->Url("app", {.user = "nobody", .password = "wrong"}), "nobody");
}

TEST_P(Connect, NamesAMissingPassword) {
  ExpectFailure(source_->Url("app", {.password = ""}), "password");
}

TEST_P(Connect, NamesAHostThatDoesNotExist) {
  ExpectFailure(source_->Url("app", {.host = "no-such-host.invalid"}), "no-such-host.invalid");
}

TEST_P(Connect, NamesAPortWhereNothingListens) {
  ASSERT_OK_AND_ASSIGN(const ReservedPort port, ReservedPort::Make());
  ExpectFailure(source_->Url("app", {.port = port.number()}), absl::StrCat(port.number()));
}

TEST_P(Connect, NamesAServerThatResetsEveryConnection) {
  to_source_->RefuseNew(true);
  ExpectFailure(source_->Url("app", {.port = to_source_->port()}),
                absl::StrCat(to_source_->port()));
}

TEST_P(Connect, GivesUpOnAServerThatDoesNotAnswer) {
  to_source_->BlackHole(true);
  const std::string url =
      source_->Url("app", {.port = to_source_->port(), .parameters = "connect_timeout=1"});
  const ProcessResult result = box_.Run({"backup", url});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("connection failed"), ContainsRegex("time")));
  EXPECT_LT(result.wall, seconds(30));
}

TEST_P(Connect, NamesADatabaseThatDoesNotExist) {
  const std::string url = source_->Url("no such database");
  for (const std::vector<std::string>& args : {std::vector<std::string>{"backup", url},
                                               {"inspect", url},
                                               {"sync", url, target_->Url("app"), "--clean"}}) {
    const ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, 2) << args[0] << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr("no such database")) << args[0];
  }
  ExpectNoFileLeft("no database");
}

class FullDisk : public SiteFaults {};

INSTANTIATE_TEST_SUITE_P(Servers, FullDisk, ::testing::ValuesIn(FaultSites()),
                         ::testing::PrintToStringParamName());

TEST_P(FullDisk, UnderTheDumpsEndsABackup) {
  ASSERT_OK_AND_ASSIGN(const auto disk, SmallDisk::Make(20 * kMegabyte));
  box_.environment["XDG_DATA_HOME"] = disk->path();
  const std::string url = source_->Url("app");
  const ProcessResult first = box_.Run({"backup", url, "--quiet"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const std::string dumps = disk->path() + "/siphon/dumps";
  const std::vector<std::string> before = Names(dumps);
  for (const uint64_t free : {uint64_t{0}, uint64_t{8192}, kMegabyte, 3 * kMegabyte}) {
    ASSERT_OK(disk->FillUpTo(free));
    RunningProcess process(box_.Options({"backup", url}));
    const ProcessTree tree(process.pid());
    ASSERT_OK_AND_ASSIGN(const ProcessResult result, process.Wait());
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr("No space left on device")) << free;
    EXPECT_EQ(Names(dumps), before) << free;
    EXPECT_OK(tree.WaitUntilGone(seconds(10)));
    EXPECT_OK(source_->WaitUntilQuiet(seconds(10)));
  }
  disk->Empty();
  EXPECT_EQ(box_.Run({"backup", url}).exit_code, 0);
  EXPECT_EQ(box_.Run({"verify", std::string(absl::StripAsciiWhitespace(first.out))}).exit_code, 0);
}

TEST_P(FullDisk, UnderTheServerEndsARestoreASyncAndAScratchDatabase) {
  ASSERT_OK_AND_ASSIGN(const auto disk, SmallDisk::Make(GetParam().disk));
  const std::unique_ptr<FaultServer> server = GetParam().make_on_disk(disk->path());
  ASSERT_NE(server, nullptr);
  ASSERT_OK_AND_ASSIGN(const std::string before, server->Describe());
  const std::string url = server->Url("app");
  std::vector<std::vector<std::string>> runs = {{"restore", id_, "--profile", url, "--clean"},
                                                {"sync", source_->Url("app"), url, "--clean"},
                                                {"verify", id_, "--restore", url}};
  if (GetParam().creates) {
    runs.push_back({"restore", id_, "--profile", url, "--create", "created"});
  }
  for (const std::vector<std::string>& args : runs) {
    ASSERT_OK(server->Settle());
    ASSERT_OK(disk->FillUpTo(GetParam().room));
    RunningProcess process(box_.Options(args));
    const ProcessTree tree(process.pid());
    ASSERT_OK_AND_ASSIGN(const ProcessResult result, process.Wait());
    EXPECT_EQ(result.exit_code, 2) << args[0] << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr(GetParam().full)) << args[0];
    EXPECT_OK(tree.WaitUntilGone(seconds(10)));
    disk->Empty();
    EXPECT_OK(server->WaitUntilQuiet(seconds(20)));
    ASSERT_OK_AND_ASSIGN(const std::string after, server->Describe());
    EXPECT_EQ(CompareDescriptions(before, after), "") << args[0];
    EXPECT_THAT(server->Leftovers(), IsOkAndHolds("")) << args[0];
  }
}

}  // namespace
}  // namespace siphon::testing
