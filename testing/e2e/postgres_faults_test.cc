// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Servers that die, networks that break, disks that are full, passwords that are wrong: each ends
// in the right code with a message that names the cause, no partial dump is listed, and the target
// is as it was.

#include "testing/e2e/postgres_faults.h"

#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/postgres_urls.h"
#include "testing/servers/fault_proxy.h"
#include "testing/servers/postgres_sample.h"
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

// What siphon and its tools call a connection that is gone.
constexpr char kLost[] =
    "onnection (failed|reset|lost)|closed the connection|ended the connection|"
    "terminating connection|not (send|receive) data";

class JobWithAFault : public PostgresFaults, public ::testing::WithParamInterface<PostgresJob> {};

INSTANTIATE_TEST_SUITE_P(Postgres, JobWithAFault, ::testing::ValuesIn(AllPostgresJobs()),
                         ::testing::PrintToStringParamName());

TEST_P(JobWithAFault, FailsWhenTheServerIsKilled) {
  Run run = BeginSlowly(GetParam());
  ServerOf(GetParam()).Kill();
  const ProcessResult result = End(run);
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, ContainsRegex(kLost));
  ExpectNothingHappened(run, "killed");
  ExpectNoFileLeft("killed");
}

TEST_P(JobWithAFault, FailsWhenTheServerIsShutDown) {
  Run run = BeginSlowly(GetParam());
  ASSERT_OK(ServerOf(GetParam()).Stop(PostgresServer::StopMode::kFast));
  const ProcessResult result = End(run);
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, ContainsRegex(kLost));
  ExpectNothingHappened(run, "shut down");
  ExpectNoFileLeft("shut down");
}

// From the first byte of the first connection to the middle of the rows, in both directions.
TEST_P(JobWithAFault, FailsWhenTheConnectionIsResetAfterSoManyBytes) {
  int failed = 0;
  for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
    std::vector<int64_t> counts = {0, 30, 300, 3000, 30'000};
    if (direction == WayOfRows(GetParam())) {
      counts.insert(counts.end(), {300'000, 1'000'000, 2'000'000});
    }
    for (const int64_t bytes : counts) {
      const std::string when = absl::StrCat(
          "after ", bytes, direction == Direction::kToServer ? " bytes to" : " bytes from",
          " the server");
      ProxyOf(GetParam()).ResetAfter(direction, bytes);
      Run run = Begin(GetParam());
      const ProcessResult result = End(run);
      ProxyOf(GetParam()).ResetAfter(direction, std::nullopt);
      if (result.exit_code == 0) {
        // No connection of the job passes as many bytes that way.
        EXPECT_NE(direction, WayOfRows(GetParam())) << when;
        Accept();
        break;
      }
      ++failed;
      EXPECT_EQ(result.exit_code, 2) << when << ": " << result.err;
      EXPECT_THAT(result.err, ContainsRegex(kLost)) << when;
      ExpectNothingHappened(run, when);
      ExpectNoFileLeft(when);
      if (HasFailure()) return;
    }
  }
  std::cout << failed << " resets landed\n";
  EXPECT_GE(failed, 11);
}

// The network says nothing any more: nobody knows until somebody asks.
TEST_P(JobWithAFault, CanBeEndedWhileTheNetworkIsSilent) {
  Run run = BeginSlowly(GetParam());
  ProxyOf(GetParam()).BlackHole(true);
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_FALSE(run.process->ended());
  run.process->Signal(SIGINT);
  const ProcessResult result = End(run, seconds(20));
  EXPECT_EQ(result.exit_code, 130) << result.err;
  ProxyOf(GetParam()).BlackHole(false);
  ProxyOf(GetParam()).Cut();
  ExpectNothingHappened(run, "silent");
  ExpectNoFileLeft("silent");
}

class Connect : public PostgresFaults {
 protected:
  // Every verb that reaches the database, with this URL as its source and as its target.
  void ExpectFailure(const std::string& url, const std::string& what) {
    const std::string source = PostgresUrl(*source_, "app");
    for (const std::vector<std::string>& args :
         {std::vector<std::string>{"backup", url},
          {"inspect", url},
          {"profile", "test", url},
          {"restore", id_, "--profile", url, "--clean"},
          {"verify", id_, "--restore", url},
          {"sync", url, PostgresUrl(*target_, "app"), "--clean"},
          {"sync", source, url, "--clean"}}) {
      RunningProcess process(box_.Options(args));
      Run run;
      run.tree = std::make_unique<ProcessTree>(process.pid());
      ASSERT_OK_AND_ASSIGN(const ProcessResult result, process.Wait());
      EXPECT_EQ(result.exit_code, 2) << args[0] << ": " << result.err;
      EXPECT_THAT(result.err, AllOf(HasSubstr("connection failed"), HasSubstr(what))) << args[0];
      if (args[0] == "inspect") continue;
      ExpectNothingHappened(run, what);
      ExpectNoFileLeft(what);
    }
  }
};

TEST_F(Connect, NamesAWrongPassword) {
  ExpectFailure(PostgresUrl(*source_, "app", {.password = "wrong"}), "password");
}

TEST_F(Connect, NamesAnUnknownUser) {
  ExpectFailure(PostgresUrl(*source_, "app", {.user = "nobody", .password = "wrong"}), "nobody");
}

TEST_F(Connect, NamesAMissingPassword) {
  ExpectFailure(PostgresUrl(*source_, "app", {.password = ""}), "password");
}

TEST_F(Connect, NamesAHostThatDoesNotExist) {
  ExpectFailure(PostgresUrl(*source_, "app", {.host = "no-such-host.invalid"}),
                "no-such-host.invalid");
}

TEST_F(Connect, NamesAPortWhereNothingListens) {
  ASSERT_OK_AND_ASSIGN(const ReservedPort port, ReservedPort::Make());
  ExpectFailure(PostgresUrl(*source_, "app", {.port = port.number()}), absl::StrCat(port.number()));
}

TEST_F(Connect, NamesAServerThatResetsEveryConnection) {
  to_source_->RefuseNew(true);
  ExpectFailure(PostgresUrl(*source_, "app", {.port = to_source_->port()}),
                absl::StrCat(to_source_->port()));
}

TEST_F(Connect, GivesUpOnAServerThatDoesNotAnswer) {
  to_source_->BlackHole(true);
  const std::string url =
      PostgresUrl(*source_, "app", {.port = to_source_->port(), .parameters = "connect_timeout=1"});
  const ProcessResult result = box_.Run({"backup", url});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("connection failed"), ContainsRegex("time")));
  EXPECT_LT(result.wall, seconds(30));
}

TEST_F(Connect, NamesADatabaseThatDoesNotExist) {
  const std::string url = PostgresUrl(*source_, "no such database");
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"backup", url},
        {"inspect", url},
        {"sync", url, PostgresUrl(*target_, "app"), "--clean"}}) {
    const ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, 2) << args[0] << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr("no such database")) << args[0];
  }
  ExpectNoFileLeft("no database");
}

class FullDisk : public PostgresFaults {};

TEST_F(FullDisk, UnderTheDumpsEndsABackup) {
  ASSERT_OK_AND_ASSIGN(const auto disk, SmallDisk::Make(20 * kMegabyte));
  box_.environment["XDG_DATA_HOME"] = disk->path();
  const std::string url = PostgresUrl(*source_, "app");
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
    EXPECT_OK(source_->WaitForSessions(0, seconds(10)));
  }
  disk->Empty();
  EXPECT_EQ(box_.Run({"backup", url}).exit_code, 0);
  EXPECT_EQ(box_.Run({"verify", std::string(absl::StripAsciiWhitespace(first.out))}).exit_code, 0);
}

TEST_F(FullDisk, UnderTheServerEndsARestoreASyncAndAScratchDatabase) {
  ASSERT_OK_AND_ASSIGN(const auto disk, SmallDisk::Make(250 * kMegabyte));
  ASSERT_OK_AND_ASSIGN(
      const auto server,
      PostgresServer::Start({.settings = {{"min_wal_size", "128MB"}, {"max_wal_size", "128MB"}},
                             .parent = disk->path()}));
  // The log of changes has its room already: it is a table that finds none. (Without room for the
  // log a server goes down, which is another test's matter.)
  for (int segment = 0; segment < 7; ++segment) {
    ASSERT_OK(
        server->RunSql("SELECT pg_logical_emit_message(true, 'a', 'b'); SELECT pg_switch_wal()"));
  }
  ASSERT_OK(server->CreateDatabase("app"));
  ASSERT_OK(server->RunSql("CREATE TABLE bulk_1 AS SELECT 7 AS old; CHECKPOINT", "app"));
  ASSERT_OK_AND_ASSIGN(const std::string before, DescribePostgres(*server, "app"));
  const std::string url = PostgresUrl(*server, "app");
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"restore", id_, "--profile", url, "--clean"},
        {"sync", PostgresUrl(*source_, "app"), url, "--clean"},
        {"verify", id_, "--restore", url},
        {"restore", id_, "--profile", url, "--create", "created"}}) {
    // A new database takes some eight megabytes, the rows some twelve.
    ASSERT_OK(server->RunSql("CHECKPOINT"));
    ASSERT_OK(disk->FillUpTo(9 * kMegabyte));
    RunningProcess process(box_.Options(args));
    const ProcessTree tree(process.pid());
    ASSERT_OK_AND_ASSIGN(const ProcessResult result, process.Wait());
    EXPECT_EQ(result.exit_code, 2) << args[0] << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr("No space left on device")) << args[0];
    EXPECT_OK(tree.WaitUntilGone(seconds(10)));
    disk->Empty();
    EXPECT_OK(server->WaitForSessions(0, seconds(20)));
    ASSERT_OK_AND_ASSIGN(const std::string after, DescribePostgres(*server, "app"));
    EXPECT_EQ(CompareDescriptions(before, after), "") << args[0];
    EXPECT_THAT(server->Value("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database "
                              "WHERE NOT datistemplate"),
                IsOkAndHolds("app postgres"))
        << args[0];
  }
}

}  // namespace
}  // namespace siphon::testing
