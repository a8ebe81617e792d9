// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A standby as the source: it is the database of its primary, and has no rows of unlogged tables.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/verbs.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kReplayLimit{60};

class PostgresStandby : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(primary_, PostgresServer::Start());
    ASSERT_OK(primary_->CreateDatabase("app"));
    ASSERT_OK(
        primary_->RunSql("CREATE TABLE t(a int); INSERT INTO t VALUES (1);"
                         "CREATE UNLOGGED TABLE fleeting(a int);"
                         "INSERT INTO fleeting SELECT generate_series(1, 5);"
                         "CREATE UNLOGGED SEQUENCE passing; SELECT nextval('passing')",
                         "app"));
    ASSERT_OK_AND_ASSIGN(standby_, PostgresServer::Start({.primary = primary_.get()}));
    WaitForReplay();
  }

  void WaitForReplay() {
    ASSERT_OK_AND_ASSIGN(const std::string written,
                         primary_->Value("SELECT pg_current_wal_flush_lsn()"));
    const auto limit = std::chrono::steady_clock::now() + kReplayLimit;
    while (true) {
      ASSERT_OK_AND_ASSIGN(
          const std::string there,
          standby_->Value(absl::StrCat("SELECT pg_last_wal_replay_lsn() >= '", written, "'")));
      if (there == "t") return;
      ASSERT_LT(std::chrono::steady_clock::now(), limit);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  Sandbox box_;
  std::unique_ptr<PostgresServer> primary_, standby_;
};

TEST_F(PostgresStandby, IsTheDatabaseOfItsPrimary) {
  ASSERT_OK(standby_->RunSql("SELECT pg_wal_replay_pause()"));
  ASSERT_OK(primary_->RunSql("INSERT INTO t VALUES (2)", "app"));
  const std::string from = PostgresUrl(*standby_, "app"), to = PostgresUrl(*primary_, "app");
  ExpectRefused(box_, {"sync", from, to, "--clean", "--yes"}, 1, "invalid_argument",
                "are the same database");
  EXPECT_THAT(primary_->Value("SELECT count(*) FROM t", "app"), IsOkAndHolds("2"));

  // Another database of the primary is another one.
  ASSERT_OK(primary_->CreateDatabase("copy"));
  EXPECT_EQ(box_.Run({"sync", from, PostgresUrl(*primary_, "copy")}).exit_code, 0);

  // Of one who may not read the identifier, a standby tells nothing.
  ASSERT_OK(
      primary_->RunSql("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC;"
                       "CREATE ROLE plain LOGIN PASSWORD 'p' IN ROLE pg_read_all_data",
                       "app"));
  ASSERT_OK(standby_->RunSql("SELECT pg_wal_replay_resume()"));
  WaitForReplay();
  const std::string plain = PostgresUrl(*standby_, "app", {.user = "plain", .password = "p"});
  ExpectRefused(box_, {"sync", plain, to, "--clean", "--yes"}, 2, "database", "is a standby");
  EXPECT_THAT(primary_->Value("SELECT count(*) FROM t", "app"), IsOkAndHolds("2"));
}

// It keeps the identifier of the cluster and the numbers of the databases.
TEST_F(PostgresStandby, HoldsADatabaseOfItsOwnOncePromoted) {
  ASSERT_OK(standby_->RunSql("SELECT pg_promote()"));
  ASSERT_OK(standby_->RunSql("INSERT INTO t VALUES (2), (3)", "app"));
  const std::string from = PostgresUrl(*standby_, "app"), to = PostgresUrl(*primary_, "app");
  const auto copied = box_.Run({"sync", from, to, "--clean", "--yes"});
  EXPECT_EQ(copied.exit_code, 0) << copied.err;
  EXPECT_THAT(primary_->Value("SELECT count(*) FROM t", "app"), IsOkAndHolds("3"));
}

TEST_F(PostgresStandby, SaysWhichRowsItDoesNotHave) {
  const std::string url = PostgresUrl(*standby_, "app");
  const Told inspected = Tell(box_, {"inspect", url, "--exact"});
  EXPECT_EQ(inspected.process.exit_code, 0) << inspected.process.err;
  EXPECT_THAT(inspected.process.err, AllOf(HasSubstr("unlogged"), HasSubstr("fleeting")));
  for (const nlohmann::json& table : inspected.result["tables"]) {
    EXPECT_EQ(table["rows_exact"], table["name"] == "t") << table;
    if (table["name"] == "t") {
      EXPECT_EQ(table["rows"], 1);
    }
  }
  const Told dumped = Tell(box_, {"backup", url});
  EXPECT_EQ(dumped.process.exit_code, 0) << dumped.process.err;
  EXPECT_THAT(dumped.process.err,
              AllOf(HasSubstr("no rows of unlogged tables"), HasSubstr("fleeting")));
  EXPECT_THAT(dumped.process.err,
              AllOf(HasSubstr("no values of unlogged sequences"), HasSubstr("passing")));
  // Nothing to tell where the rows are not asked for.
  EXPECT_THAT(Tell(box_, {"backup", url, "--exclude-data", "fleeting"}).process.err,
              ::testing::Not(HasSubstr("fleeting")));
  EXPECT_THAT(Tell(box_, {"backup", url, "--schema-only"}).process.err,
              ::testing::Not(HasSubstr("unlogged")));
}

}  // namespace
}  // namespace siphon::testing
