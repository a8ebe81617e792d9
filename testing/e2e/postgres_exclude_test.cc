// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Objects that the user leaves out of a restore and of a sync, as the command line tells them.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
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

using ::testing::HasSubstr;

class PostgresExclude : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(server_, PostgresServer::Start());
    for (const std::string name : {"app", "copy"}) ASSERT_OK(server_->CreateDatabase(name));
    ASSERT_OK(server_->RunSql(
        "CREATE TABLE rates(r int); CREATE TABLE t(a int); INSERT INTO t VALUES (1);"
        "CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';"
        "CREATE INDEX t_f ON t(f(a)); CREATE VIEW v AS SELECT a FROM t;"
        "CREATE OR REPLACE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS"
        " 'SELECT $1 FROM (SELECT count(*) FROM rates) AS c'",
        "app"));
    from_ = PostgresUrl(*server_, "app");
    to_ = PostgresUrl(*server_, "copy");
  }

  Sandbox box_;
  std::unique_ptr<PostgresServer> server_;
  std::string from_, to_;
};

TEST_F(PostgresExclude, EveryDatabaseOfTheServerIsBackedUpOnItsOwn) {
  std::filesystem::create_directories(box_.Path("config"));
  WriteBytes(
      box_.Path("config/config.yaml"),
      absl::StrCat("version: 1\nprofiles:\n  all: {driver: postgres, host: 127.0.0.1, port: ",
                   server_->port(), ", user: postgres, password: ", server_->password(),
                   ", database: nowhere}\n"));
  const ProcessResult backup =
      box_.Run({"backup", "all", "--all-databases", "--with-globals", "--quiet"});
  ASSERT_EQ(backup.exit_code, 0) << backup.err;
  const std::vector<std::string> ids = absl::StrSplit(backup.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(ids.size(), 3u) << "app, copy, postgres; not template1";
  // The globals are in the first dump alone.
  EXPECT_EQ(box_.Run({"dumps", "extract", ids[0], "--globals"}).exit_code, 0);
  EXPECT_EQ(box_.Run({"dumps", "extract", ids[1], "--globals"}).exit_code, 1);
  ASSERT_OK(server_->RunSql("DELETE FROM t", "app"));
  // The function f of the sample finds its table in the search_path alone.
  const ProcessResult restore =
      box_.Run({"restore", "latest:all/app", "--clean", "--search-path", "public"});
  EXPECT_EQ(restore.exit_code, 0) << restore.err;
  EXPECT_THAT(server_->Value("SELECT a FROM t", "app"), IsOkAndHolds("1"));
  EXPECT_EQ(box_.Run({"verify", "latest:all/nowhere"}).exit_code, 1);
}

TEST_F(PostgresExclude, ARestoreTellsWhatItLeftOut) {
  const std::string id = BackUpOf(box_, from_);
  const Told stopped = Tell(box_, {"restore", id, "--profile", to_});
  EXPECT_EQ(stopped.process.exit_code, 2);
  EXPECT_THAT(stopped.result["error"].value("hint", ""),
              HasSubstr("--exclude-object 'index:public.t_f'"));
  const ProcessResult text = box_.Run({"restore", id, "--profile", to_, "--exclude-object",
                                       "index:t_f", "--exclude-object", "view:v"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("\nleft out: index public.t_f, view public.v\n"));
  const nlohmann::json told = TellOk(
      box_, {"restore", id, "--profile", to_, "--clean", "--yes", "--exclude-object", "index:*"});
  EXPECT_EQ(told["left_out"], nlohmann::json::array({"index public.t_f"}));
  const nlohmann::json all = TellOk(
      box_, {"restore", id, "--profile", to_, "--clean", "--yes", "--search-path", "public"});
  EXPECT_FALSE(all.contains("left_out"));
  EXPECT_THAT(server_->Value("SELECT count(*) FROM pg_indexes WHERE indexname = 't_f'", "copy"),
              IsOkAndHolds("1"));
}

TEST_F(PostgresExclude, ASyncWithoutSomeTablesReplacesTheOthersAlone) {
  ASSERT_OK(server_->RunSql("DROP INDEX t_f", "app"));
  ASSERT_OK(server_->RunSql(
      "CREATE TABLE mine(a int); CREATE TABLE rates(b int); INSERT INTO rates VALUES (7);"
      "CREATE TABLE t(c int)",
      "copy"));
  TellOk(box_, {"sync", from_, to_, "--exclude-table", "rates", "--exclude-data", "t", "--clean",
                "--yes"});
  EXPECT_THAT(server_->Value("SELECT b FROM rates", "copy"), IsOkAndHolds("7"));
  EXPECT_THAT(server_->Value("SELECT count(a) FROM mine", "copy"), IsOkAndHolds("0"));
  EXPECT_THAT(server_->Value("SELECT count(a) FROM t", "copy"), IsOkAndHolds("0"));
  EXPECT_THAT(server_->Value("SELECT count(*) FROM v", "copy"), IsOkAndHolds("0"));
  ExpectRefused(box_, {"sync", from_, to_, "--exclude-table", "nowhere", "--clean", "--yes"}, 1,
                "not_found", "nowhere");
  // A schema in which a table stays is not dropped.
  for (const char* const database : {"app", "copy"}) {
    ASSERT_OK(server_->RunSql("CREATE SCHEMA far; CREATE TABLE far.kept(a int)", database));
  }
  ASSERT_OK(server_->RunSql("INSERT INTO far.kept VALUES (3)", "copy"));
  TellOk(box_, {"sync", from_, to_, "--exclude-table", "rates,far.kept", "--clean", "--yes"});
  EXPECT_THAT(server_->Value("SELECT a FROM far.kept", "copy"), IsOkAndHolds("3"));
}

TEST_F(PostgresExclude, ARestoreWithoutSomeTablesReplacesTheOthersAlone) {
  ASSERT_OK(
      server_->RunSql("DROP INDEX t_f; CREATE SCHEMA far; CREATE TABLE far.kept(a int);"
                      "CREATE TABLE far.other(a int)",
                      "app"));
  const std::string id = BackUpOf(box_, from_);
  ASSERT_OK(server_->RunSql(
      "CREATE TABLE mine(a int); CREATE TABLE rates(b int); INSERT INTO rates VALUES (7);"
      "CREATE TABLE t(c int); CREATE SCHEMA far; CREATE TABLE far.kept(b int)",
      "copy"));
  ExpectRefused(box_, {"restore", id, "--profile", to_, "--exclude-table", "rates"}, 1,
                "target_not_empty", "copy");
  const nlohmann::json told = TellOk(box_, {"restore", id, "--profile", to_, "--exclude-table",
                                            "rates,far.kept", "--clean", "--yes"});
  EXPECT_EQ(told["left_out"], nlohmann::json::array({"table public.rates", "table far.kept"}));
  EXPECT_THAT(server_->Value("SELECT count(b) FROM far.kept", "copy"), IsOkAndHolds("0"));
  EXPECT_THAT(server_->Value("SELECT count(a) FROM far.other", "copy"), IsOkAndHolds("0"));
  EXPECT_THAT(server_->Value("SELECT b FROM rates", "copy"), IsOkAndHolds("7"));
  EXPECT_THAT(server_->Value("SELECT count(a) FROM mine", "copy"), IsOkAndHolds("0"));
  EXPECT_THAT(server_->Value("SELECT a FROM t", "copy"), IsOkAndHolds("1"));
  EXPECT_THAT(server_->Value("SELECT count(*) FROM v", "copy"), IsOkAndHolds("1"));
  ExpectRefused(box_, {"restore", id, "--profile", to_, "--exclude-table", "nowhere", "--clean"}, 1,
                "not_found", "nowhere");
}

TEST_F(PostgresExclude, ARestoreNamesWhatNeedsATableThatIsLeftOut) {
  ASSERT_OK(
      server_->RunSql("DROP INDEX t_f; ALTER TABLE t ADD PRIMARY KEY (a);"
                      "CREATE TABLE child(a int REFERENCES t); INSERT INTO child VALUES (1)",
                      "app"));
  const std::string id = BackUpOf(box_, from_);
  const Told needed = Tell(box_, {"restore", id, "--profile", to_, "--exclude-table", "t"});
  EXPECT_EQ(needed.process.exit_code, 1);
  EXPECT_THAT(needed.result["error"].value("message", ""), HasSubstr("view public.v"));
  EXPECT_THAT(needed.result["error"].value("hint", ""),
              HasSubstr("--exclude-object 'constraint:public.child.child_a_fkey'"));
  EXPECT_THAT(server_->Value("SELECT count(*) FROM pg_class WHERE relname = 'child'", "copy"),
              IsOkAndHolds("0"));
  TellOk(box_, {"restore", id, "--profile", to_, "--exclude-table", "t,v", "--exclude-object",
                "fk-constraint:child.child_a_fkey"});
  // The table of the target is as good as that of the dump.
  ASSERT_OK(server_->RunSql("CREATE TABLE t(a int PRIMARY KEY); INSERT INTO t VALUES (1)", "copy"));
  TellOk(box_, {"restore", id, "--profile", to_, "--exclude-table", "t", "--clean", "--yes"});
  EXPECT_THAT(
      server_->Value("SELECT count(*) FROM pg_constraint WHERE conname = 'child_a_fkey'", "copy"),
      IsOkAndHolds("1"));
}

TEST_F(PostgresExclude, ASyncTellsWhatItLeftOut) {
  EXPECT_EQ(box_.Run({"sync", from_, to_}).exit_code, 2);
  const ProcessResult text = box_.Run({"sync", from_, to_, "--exclude-object", "index:t_f"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("\nleft out: index public.t_f\n"));
  const nlohmann::json told =
      TellOk(box_, {"sync", from_, to_, "--clean", "--yes", "--exclude-object", "view:v",
                    "--search-path", "public"});
  EXPECT_EQ(told["left_out"], nlohmann::json::array({"view public.v"}));
  ExpectRefused(box_, {"sync", from_, to_, "--clean", "--yes", "--exclude-object", "views:v"}, 1,
                "invalid_argument", "views:v");
  ExpectRefused(box_, {"sync", from_, to_, "--clean", "--yes", "--exclude-object", "view:w"}, 1,
                "not_found", "view:w");
  EXPECT_THAT(server_->Value("SELECT count(*) FROM pg_indexes WHERE indexname = 't_f'", "copy"),
              IsOkAndHolds("1"));
}

}  // namespace
}  // namespace siphon::testing
