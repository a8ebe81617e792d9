// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Databases with more tables than one transaction can create: the server has memory for too few
// locks. The long form has 5,000 tables on a server with default settings; the short form has fewer
// on a server with the smallest memory for locks.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_connection.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;

// Of each table: its columns and its rows.
constexpr char kContent[] =
    "SELECT count(*) || ' ' || md5(string_agg(relname || reltuples::int || relnatts, ','"
    " ORDER BY relname)) FROM pg_class WHERE relkind = 'r' AND relname LIKE 't%'"
    " AND relnamespace = 'public'::regnamespace";

class PostgresManyTables : public ::testing::Test {
 protected:
  void SetUp() override {
    PostgresOptions options;
    options.version = 17;
    if (IsLongForm()) {
      options.max_connections = 100;
    } else {
      options.max_connections = 20;
      options.settings = {{"max_locks_per_transaction", "10"}, {"shared_buffers", "4MB"}};
    }
    tables_ = Rounds(5000, 200);
    auto server = PostgresServer::Start(options);
    ASSERT_OK(server);
    server_ = *std::move(server);
    ASSERT_OK(server_->CreateDatabase("source"));
    absl::StatusOr<std::unique_ptr<PostgresConnection>> connection =
        PostgresConnection::Open(server_->Conninfo("source"));
    ASSERT_OK(connection);
    for (int i = 0; i < tables_; ++i) {
      ASSERT_OK((*connection)
                    ->Run(absl::StrCat("CREATE TABLE t", i, " (id int PRIMARY KEY, name text);",
                                       "INSERT INTO t", i,
                                       " SELECT g, 'x' FROM generate_series(1, ", i % 7, ") g")));
    }
  }

  std::string UrlOf(std::string_view database) { return PostgresUrl(*server_, database); }
  // Runs siphon, which fills the database.
  void ExpectFilled(const std::string& database, const std::vector<std::string>& args) {
    const ProcessResult result = box_.Run(args);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(server_->RunSql("ANALYZE", database), IsOk());
    EXPECT_THAT(server_->RunSql("ANALYZE", "source"), IsOk());
    const absl::StatusOr<std::string> expected = server_->Value(kContent, "source");
    ASSERT_OK(expected);
    EXPECT_THAT(*expected, ::testing::StartsWith(absl::StrCat(tables_, " ")));
    EXPECT_THAT(server_->Value(kContent, database), IsOkAndHolds(*expected));
    EXPECT_THAT(server_->Value("SELECT count(*) FROM pg_database WHERE datname LIKE '%siphon%'"),
                IsOkAndHolds("0"));
  }

  int tables_ = 0;
  std::unique_ptr<PostgresServer> server_;
  Sandbox box_;
};

TEST_F(PostgresManyTables, BackupRestoreAndSyncWork) {
  // One transaction cannot create the tables.
  ASSERT_OK(server_->CreateDatabase("single"));
  const absl::Status single =
      server_->RunSql(absl::StrCat("DO $$ BEGIN FOR i IN 1..", tables_,
                                   " LOOP EXECUTE format('CREATE TABLE s%s"
                                   " (id int PRIMARY KEY, t text)', i); END LOOP; END $$"),
                      "single");
  EXPECT_THAT(std::string(single.message()), HasSubstr("out of shared memory"));

  for (const char* const jobs : {"1", "4"}) {
    SCOPED_TRACE(jobs);
    const ProcessResult backup = box_.Run({"backup", UrlOf("source"), "--jobs", jobs});
    ASSERT_EQ(backup.exit_code, 0) << backup.err;
    const std::string restored = absl::StrCat("restored", jobs);
    ASSERT_OK(server_->CreateDatabase(restored));
    ExpectFilled(restored, {"restore", "latest", "--profile", UrlOf(restored), "--jobs", jobs});
    ExpectFilled(restored, {"restore", "latest", "--profile", UrlOf(restored), "--clean", "--yes",
                            "--jobs", jobs});
    const std::string copied = absl::StrCat("copied", jobs);
    ASSERT_OK(server_->CreateDatabase(copied));
    ExpectFilled(copied, {"sync", UrlOf("source"), UrlOf(copied), "--jobs", jobs});
    ExpectFilled(copied,
                 {"sync", UrlOf("source"), UrlOf(copied), "--clean", "--yes", "--jobs", jobs});
  }
}

TEST_F(PostgresManyTables, WhereOnlyOneTransactionIsPossibleTheErrorSaysWhy) {
  const ProcessResult backup = box_.Run({"backup", UrlOf("source")});
  ASSERT_EQ(backup.exit_code, 0) << backup.err;
  ASSERT_OK(server_->CreateDatabase("used"));
  const absl::StatusOr<std::unique_ptr<PostgresConnection>> other =
      PostgresConnection::Open(server_->Conninfo("used"));
  ASSERT_OK(other);
  const ProcessResult restore = box_.Run({"restore", "latest", "--profile", UrlOf("used")});
  EXPECT_EQ(restore.exit_code, 2) << restore.err;
  EXPECT_THAT(restore.err, HasSubstr("one transaction restores all tables: "));
  EXPECT_THAT(restore.err, HasSubstr("max_locks_per_transaction"));
  EXPECT_THAT(server_->Value("SELECT count(*) FROM pg_class WHERE relname LIKE 't1%'", "used"),
              IsOkAndHolds("0"));
}

}  // namespace
}  // namespace siphon::testing
