// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// `siphon sync --jobs` between databases of PostgreSQL: several jobs copy what one does, and
// whatever happens in the middle, the target is the old or the new database.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/verbs.h"
#include "testing/process/process.h"
#include "testing/process/running_process.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_connection.h"
#include "testing/servers/sample_server.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kVersion = 17;

class PostgresSyncParts : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (sample_ != nullptr) return;
    // Its large tables are read in ranges.
    sample_ = SampleServer::Start(kVersion, /*megabytes=*/80).release();
    ASSERT_NE(sample_, nullptr);
    // Two batches of large objects; one object is large, and one is empty.
    ASSERT_OK(
        server().RunSql("SELECT lo_from_bytea(0, decode(repeat(md5(i::text), CASE i WHEN 5 THEN "
                        "100000 ELSE i END),"
                        " 'hex')) FROM generate_series(0, 1100) i",
                        SampleServer::kSource));
    // The server is a child of the test and must end with it.
    std::atexit([] { delete sample_; });
  }

  static PostgresServer& server() { return sample_->server(); }
  static std::string UrlOf(std::string_view database) { return PostgresUrl(server(), database); }
  static std::vector<std::string> Sync(const std::string& target,
                                       const std::vector<std::string>& more) {
    std::vector<std::string> args = {"sync", UrlOf(SampleServer::kSource), UrlOf(target)};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
  // A database with a table of its own.
  static std::string NewFullTarget() {
    const std::string target = sample_->NewTarget();
    EXPECT_OK(server().RunSql("CREATE TABLE mine AS SELECT 7 AS a", target));
    return target;
  }
  static void ExpectNothingLeft() {
    EXPECT_THAT(server().Value("SELECT count(*) FROM pg_database WHERE datname LIKE '%siphon%'"),
                IsOkAndHolds("0"));
    const std::string sessions =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'siphon%'";
    for (int i = 0; i < 100 && server().Value(sessions).value_or("") != "0"; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_THAT(server().Value(sessions), IsOkAndHolds("0"));
  }

  // Starts a sync by four jobs into `target`, and calls `disturb` with the number that `statement`
  // has returned, once that is not 0.
  ProcessResult SyncAndDisturb(
      const std::string& target, const std::string& statement,
      const std::function<void(RunningProcess&)>& disturb = [](RunningProcess&) {}) {
    absl::StatusOr<std::unique_ptr<PostgresConnection>> other =
        PostgresConnection::Open(server().Conninfo("postgres"));
    EXPECT_OK(other);
    if (!other.ok()) return {};
    RunningProcess sync(
        box_.Options(Sync(target, {"--jobs", "4", "--clean", "--yes", "--json", "--verbose"})));
    bool done = false;
    while (!done && !sync.ended()) {
      const absl::StatusOr<std::string> count = (*other)->Value(statement);
      EXPECT_OK(count);
      done = count.value_or("1") != "0";
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_TRUE(done) << "the copy was too fast";
    disturb(sync);
    const absl::StatusOr<ProcessResult> result = sync.Wait();
    EXPECT_OK(result);
    return result.value_or(ProcessResult());
  }

  static SampleServer* sample_;
  Sandbox box_;
};

SampleServer* PostgresSyncParts::sample_ = nullptr;

constexpr char kLoads[] =
    "FROM pg_stat_activity WHERE application_name LIKE 'siphon/%' AND query LIKE 'COPY %FROM STDIN'"
    " AND state = 'active'";

TEST_F(PostgresSyncParts, SeveralJobsCopyWhatOneDoes) {
  for (const char* const jobs : {"1", "2", "4"}) {
    for (const bool clean : {false, true}) {
      SCOPED_TRACE(absl::StrCat(jobs, clean ? " clean" : ""));
      const std::string target = clean ? NewFullTarget() : sample_->NewTarget();
      std::vector<std::string> more = {"--jobs", jobs, "--verbose"};
      if (clean) more.insert(more.end(), {"--clean", "--yes"});
      const Told told = Tell(box_, Sync(target, more));
      ASSERT_EQ(told.process.exit_code, 0) << told.process.err;
      EXPECT_THAT(told.process.err, Not(HasSubstr("one job copies")));
      EXPECT_EQ(absl::StrCat(told.result["jobs"].get<int>()), jobs);
      EXPECT_GT(told.result["tables"], 10);
      EXPECT_GT(told.result["bytes"], 40 << 20);
      EXPECT_EQ(sample_->Difference(target), "");
    }
  }
  ExpectNothingLeft();
  EXPECT_THAT(box_.ListedDumps(), IsEmpty());
}

TEST_F(PostgresSyncParts, TheProgressHasTablesRowsAndJobs) {
  const Told told = Tell(box_, Sync(sample_->NewTarget(), {"--jobs", "4", "--verbose"}));
  ASSERT_EQ(told.process.exit_code, 0) << told.process.err;
  bool found = false;
  for (const nlohmann::json& event : told.events) {
    found = found || (event.value("event", "") == "progress" && event.contains("jobs") &&
                      event.value("tables", 0) > 10 && event.value("rows", 0) > 0);
  }
  EXPECT_TRUE(found) << told.process.err;
}

TEST_F(PostgresSyncParts, AFilteredCopyIsThatOfOneJob) {
  const auto content = [&](const std::string& target) {
    const absl::StatusOr<std::string> text = server().Value(
        "SELECT string_agg(relname || ' ' || (xpath('/row/c/text()', query_to_xml('SELECT count(*)"
        " AS c FROM ' || oid::regclass, false, true, '')))[1]::text, ',' ORDER BY relname)"
        " || (SELECT count(*) FROM pg_largeobject_metadata)"
        " FROM pg_class WHERE relname LIKE 'bulk%' AND relkind = 'r'",
        target);
    EXPECT_OK(text);
    return text.value_or("");
  };
  for (const std::vector<std::string>& filter :
       {std::vector<std::string>{"--table", "bulk_1,bulk_2"},
        {"--exclude-data", "bulk_2"},
        {"--exclude-table", "bulk_1"},
        {"--schema-only"},
        {"--no-owner", "--no-acl"},
        {"--exclude-object", "large-object:*"}}) {
    SCOPED_TRACE(filter[0]);
    std::vector<std::string> targets;
    for (const char* const jobs : {"1", "4"}) {
      targets.push_back(sample_->NewTarget());
      std::vector<std::string> more = filter;
      more.insert(more.end(), {"--jobs", jobs});
      const ProcessResult result = box_.Run(Sync(targets.back(), more));
      ASSERT_EQ(result.exit_code, 0) << jobs << result.err;
    }
    EXPECT_THAT(content(targets[0]), HasSubstr("bulk_2"));
    EXPECT_EQ(content(targets[1]), content(targets[0]));
  }
  ExpectNothingLeft();
}

TEST_F(PostgresSyncParts, ATargetThatOthersUseIsCopiedByOneJobAndThisIsSaid) {
  const std::string target = sample_->NewTarget();
  const absl::StatusOr<std::unique_ptr<PostgresConnection>> other =
      PostgresConnection::Open(server().Conninfo(target));
  ASSERT_OK(other);
  const Told told = Tell(box_, Sync(target, {"--jobs", "4"}));
  ASSERT_EQ(told.process.exit_code, 0) << told.process.err;
  EXPECT_THAT(told.process.err, HasSubstr("one job copies: "));
  EXPECT_EQ(told.result["jobs"], 1);
  EXPECT_EQ(sample_->Difference(target), "");
  ExpectNothingLeft();
}

TEST_F(PostgresSyncParts, ALostConnectionToTheTargetLeavesItAsItWas) {
  const std::string target = NewFullTarget();
  const ProcessResult result = SyncAndDisturb(
      target, absl::StrCat("SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid ", kLoads,
                           " LIMIT 1) s"));
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(ordered_json::parse(result.out)["error"]["cause"], "connection_failed") << result.out;
  EXPECT_THAT(server().Value("SELECT a FROM mine", target), IsOkAndHolds("7"));
  EXPECT_THAT(server().Value("SELECT count(*) FROM pg_class WHERE relname LIKE 'bulk%'", target),
              IsOkAndHolds("0"));
  ExpectNothingLeft();
}

TEST_F(PostgresSyncParts, ALostConnectionOfAReaderIsReplaced) {
  const std::string target = NewFullTarget();
  const ProcessResult result = SyncAndDisturb(
      target,
      "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity"
      " WHERE application_name LIKE 'siphon/%' AND query LIKE 'COPY (SELECT%'"
      " AND state = 'active' LIMIT 1) s");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("on a new connection"));
  EXPECT_EQ(sample_->Difference(target), "");
  ExpectNothingLeft();
}

TEST_F(PostgresSyncParts, ALostSnapshotLeavesTheTargetAsItWas) {
  const std::string target = NewFullTarget();
  const ProcessResult result = SyncAndDisturb(
      target, absl::StrCat("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                           " WHERE application_name = 'siphon' AND datname = '",
                           SampleServer::kSource, "' AND EXISTS (SELECT ", kLoads, ")"));
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(ordered_json::parse(result.out)["error"]["cause"], "connection_failed") << result.out;
  EXPECT_THAT(server().Value("SELECT a FROM mine", target), IsOkAndHolds("7"));
  ExpectNothingLeft();
}

TEST_F(PostgresSyncParts, ASignalLeavesTheTargetAsItWas) {
  const std::string target = NewFullTarget();
  const ProcessResult result = SyncAndDisturb(target, absl::StrCat("SELECT count(*) ", kLoads),
                                              [](RunningProcess& sync) { sync.Signal(SIGINT); });
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_EQ(ordered_json::parse(result.out)["error"]["cause"], "cancelled") << result.out;
  EXPECT_THAT(server().Value("SELECT a FROM mine", target), IsOkAndHolds("7"));
  ExpectNothingLeft();
}

}  // namespace
}  // namespace siphon::testing
