// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// --clean of a dump of a part of a database replaces what the dump holds, and nothing else.

#include <stop_token>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/scope.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/rounds.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MemoryTarget;
using siphon::testing::MysqlName;
using siphon::testing::MysqlServer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kSetup[] =
    "CREATE TABLE t(a INT PRIMARY KEY, b VARCHAR(20)); INSERT INTO t VALUES (1, 'x'), (2, 'y');"
    "CREATE TABLE u(a INT, CONSTRAINT `u to t` FOREIGN KEY (a) REFERENCES t(a));"
    "INSERT INTO u VALUES (1);"
    "CREATE TABLE w(a INT); INSERT INTO w VALUES (7);"
    "CREATE VIEW v AS SELECT a, b FROM t;"
    "CREATE VIEW over_v AS SELECT a FROM v;"
    "CREATE VIEW lone AS SELECT a FROM w;"
    "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;"
    "CREATE PROCEDURE p() SELECT 1;"
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 'z';"
    "CREATE TRIGGER on_w BEFORE INSERT ON w FOR EACH ROW SET NEW.a = 1;"
    "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01 00:00:00' DISABLE DO SELECT 1;";

// A dump with its annotations.
struct Dump {
  std::string body;
  driver::RestoreOptions options;
};

class PartialTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    source_ = NewDatabase(server_);
    target_ = NewDatabase(server_);
    ASSERT_OK(server_.RunSql(kSetup, source_.database));
    ASSERT_OK(server_.RunSql(kSetup, target_.database));
  }
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  Dump Take(const driver::BackupOptions& options) {
    MemoryTarget target;
    EXPECT_OK(TryBackUp(server_, source_, target, options));
    Dump dump{.body = target.data(), .options = {}};
    dump.options.clean = true;
    dump.options.annotations = target.contents().annotations;
    if (!options.tables.empty() || !options.exclude_tables.empty()) {
      dump.options.annotations[std::string(dumps::kScopeAnnotation)] = dumps::kSomeTables;
    }
    return dump;
  }
  Dump TakeTables(const std::vector<std::string>& tables) {
    driver::BackupOptions options;
    options.tables = tables;
    return Take(options);
  }
  Dump TakeWithout(const std::vector<std::string>& tables) {
    driver::BackupOptions options;
    options.exclude_tables = tables;
    return Take(options);
  }
  absl::Status Put(const Dump& dump) {
    return TryRestore(server_, target_, dump.body, dump.options,
                      base::Context(std::stop_token(), &log_));
  }
  std::string Value(const std::string& statement) {
    return PlainConnection(target_).Value(statement);
  }
  void RunAtTarget(const std::string& sql) { ASSERT_OK(server_.RunSql(sql, target_.database)); }
  std::string Content() { return Describe(server_, target_.database); }

  MysqlServer& server_ = SharedServer(GetParam());
  profile::ConnectionProfile source_, target_;
  siphon::testing::EventLog log_;
};

INSTANTIATE_TEST_SUITE_P(
    Server, PartialTest,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())),
    [](const ::testing::TestParamInfo<std::string>& info) {
      return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
    });

TEST_P(PartialTest, ADumpOfSomeTablesReplacesTheseOnly) {
  for (const bool in_place : {false, true}) {
    Dump dump = TakeTables({"t"});
    dump.options.in_place = in_place;
    RunAtTarget("DELETE FROM u; UPDATE t SET b = 'old'; INSERT INTO u VALUES (2);");
    const std::string before = Content();
    ASSERT_OK(Put(dump)) << in_place;
    EXPECT_THAT(PlainConnection(target_).Column("SELECT b FROM t ORDER BY a"),
                ElementsAre("x", "y"));
    EXPECT_EQ(Value("SELECT a FROM u"), "2");
    // The foreign key is one to the new table.
    EXPECT_FALSE(server_.RunSql("INSERT INTO u VALUES (3);", target_.database).ok());
    EXPECT_EQ(Value("SELECT b FROM v WHERE a = 1"), "x");
    RunAtTarget("UPDATE t SET b = 'old';");
    EXPECT_EQ(Content(), before);
  }
}

TEST_P(PartialTest, ADumpWithoutSomeTablesReplacesViewsAndRoutinesOfItsOwnNames) {
  RunAtTarget(
      "DELETE FROM u; DROP FUNCTION f; CREATE FUNCTION F() RETURNS INT DETERMINISTIC"
      " RETURN 2; DROP VIEW over_v; CREATE VIEW over_v AS SELECT 9 AS a;"
      "DROP EVENT e; CREATE EVENT E ON SCHEDULE EVERY 1 YEAR DISABLE DO SELECT 2;"
      "CREATE PROCEDURE own() SELECT 1; CREATE TABLE own(a INT); INSERT INTO own VALUES (4);"
      "CREATE VIEW own_view AS SELECT a FROM own; UPDATE w SET a = 8;");
  for (const bool in_place : {false, true}) {
    Dump dump = TakeWithout({"w"});
    dump.options.in_place = in_place;
    ASSERT_OK(Put(dump)) << in_place;
    EXPECT_EQ(Value("SELECT f()"), "1");
    EXPECT_EQ(Value("SELECT COUNT(*) FROM over_v"), "2");
    EXPECT_EQ(Value("SELECT a FROM u"), "1");
    EXPECT_EQ(Value("SELECT a FROM w"), "8");
    EXPECT_EQ(Value("SELECT a FROM lone"), "8");
    EXPECT_EQ(Value("SELECT a FROM own_view"), "4");
    EXPECT_THAT(
        PlainConnection(target_).Column("SELECT routine_name FROM information_schema.routines"
                                        " WHERE routine_schema = DATABASE() ORDER BY routine_name"),
        ElementsAre("f", "own", "p"));
    EXPECT_THAT(PlainConnection(target_).Column("SELECT event_name FROM information_schema.events"
                                                " WHERE event_schema = DATABASE()"),
                ElementsAre("e"));
    EXPECT_EQ(Value("SELECT COUNT(*) FROM information_schema.triggers"
                    " WHERE trigger_schema = DATABASE() AND trigger_name = 'on_w'"),
              "1");
  }
}

TEST_P(PartialTest, AViewGivesWayToATableOfItsNameAndATableToAView) {
  RunAtTarget(
      "DROP VIEW over_v; DROP VIEW v; CREATE TABLE v(other INT);"
      "DROP VIEW lone; DROP TABLE w; CREATE VIEW w AS SELECT 1 AS a;");
  for (const bool in_place : {false, true}) {
    Dump dump = TakeTables({"t", "u", "v", "w"});
    dump.options.in_place = in_place;
    ASSERT_OK(Put(dump)) << in_place;
    EXPECT_EQ(Value("SELECT COUNT(*) FROM v"), "2");
    EXPECT_EQ(Value("SELECT a FROM w"), "7");
    EXPECT_EQ(Value("SELECT f()"), "1");
    RunAtTarget(
        "DROP VIEW v; CREATE TABLE v(other INT);"
        "DROP TABLE w; CREATE VIEW w AS SELECT 1 AS a;");
  }
}

TEST_P(PartialTest, ADumpThatLacksNothingReplacesTheWholeDatabase) {
  driver::BackupOptions options;
  options.exclude_data = {"w"};
  RunAtTarget("CREATE TABLE own(a INT);");
  ASSERT_OK(Put(Take(options)));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM information_schema.tables"
                  " WHERE table_schema = DATABASE() AND table_name = 'own'"),
            "0");
  // A dump of an earlier version does not say that it is partial.
  RunAtTarget("CREATE TABLE own(a INT);");
  Dump old = TakeTables({"t"});
  old.options.annotations.clear();
  ASSERT_OK(Put(old));
  EXPECT_THAT(PlainConnection(target_).Column("SHOW TABLES"), ElementsAre("t"));
}

TEST_P(PartialTest, ARowThatStaysWithoutItsParentIsNamedBeforeAnythingChanges) {
  RunAtTarget("INSERT INTO t VALUES (3, 'c'); INSERT INTO u VALUES (3);");
  const std::string before = Content();
  for (const bool chosen : {false, true}) {
    Dump dump = TakeTables({"t"});
    if (chosen) dump.options.tables = {"t"};
    const absl::Status status = Put(dump);
    EXPECT_THAT(status,
                StatusIs(errs::kDatabase, AllOf(HasSubstr("table u stays"), HasSubstr("u to t"),
                                                HasSubstr("rows of t"))));
    EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("restore both tables"));
    EXPECT_EQ(Content(), before);
  }
  EXPECT_OK(Put(TakeTables({"t", "u"})));
  const profile::ConnectionProfile other = NewDatabase(server_);
  ASSERT_OK(
      server_.RunSql(absl::StrCat("CREATE TABLE r(a INT, FOREIGN KEY (a) REFERENCES ",
                                  MysqlName(target_.database), ".t(a)); INSERT INTO r VALUES (1);"),
                     other.database));
  EXPECT_OK(Put(TakeTables({"t"})));
  EXPECT_FALSE(server_.RunSql("INSERT INTO r VALUES (77);", other.database).ok());
  ASSERT_OK(server_.RunSql("DROP TABLE r;", other.database));
}

TEST_P(PartialTest, AColumnThatAForeignKeyOrAViewNeedsIsNamedBeforeAnythingChanges) {
  ASSERT_OK(
      server_.RunSql("DROP VIEW over_v; DROP VIEW v; DROP TRIGGER tr;"
                     "ALTER TABLE t RENAME COLUMN b TO c;",
                     source_.database));
  // The view reads it through another one, and a table that stays.
  RunAtTarget(
      "DROP VIEW over_v; CREATE VIEW over_v AS SELECT v.b, w.a FROM v, w;"
      "CREATE VIEW calls AS SELECT f() AS f, a FROM t;");
  const std::string before = Content();
  for (const bool chosen : {false, true}) {
    Dump dump = TakeTables({"t"});
    if (chosen) dump.options.tables = {"t"};
    const absl::Status status = Put(dump);
    EXPECT_THAT(status, StatusIs(errs::kDatabase, HasSubstr("view v stays")));
    EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("drop it first"));
    EXPECT_EQ(Content(), before);
  }
  RunAtTarget("DROP VIEW over_v; DROP VIEW v;");
  ASSERT_OK(Put(TakeTables({"t"})));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM calls"), "2");
  ASSERT_OK(server_.RunSql("DROP TABLE u; ALTER TABLE t RENAME COLUMN a TO d;", source_.database));
  EXPECT_THAT(Put(TakeTables({"t"})),
              StatusIs(errs::kDatabase, AllOf(HasSubstr("u to t"), HasSubstr("a column of t"))));
}

TEST_P(PartialTest, RowsAloneLeaveNoRowWithoutItsParent) {
  RunAtTarget("INSERT INTO t VALUES (3, 'c'); INSERT INTO u VALUES (3);");
  const std::string before = Content();
  Dump dump = Take({});
  dump.options.data_only = true;
  dump.options.tables = {"t"};
  EXPECT_THAT(Put(dump),
              StatusIs(errs::kDatabase, AllOf(HasSubstr("table u stays"), HasSubstr("u to t"))));
  EXPECT_EQ(Content(), before);
  dump.options.tables = {"t", "u"};
  EXPECT_OK(Put(dump));
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(a) FROM u"), "1");
  EXPECT_THAT(log_.Warnings(), IsEmpty());
}

TEST_P(PartialTest, ARestoredRowWithoutItsParentIsNamed) {
  RunAtTarget("DELETE FROM u; DELETE FROM t;");
  for (const bool in_place : {false, true}) {
    for (const bool data_only : {false, true}) {
      siphon::testing::EventLog log;
      Dump dump = Take({});
      dump.options.in_place = in_place;
      dump.options.data_only = data_only;
      dump.options.tables = {"u"};
      ASSERT_OK(TryRestore(server_, target_, dump.body, dump.options,
                           base::Context(std::stop_token(), &log)));
      EXPECT_THAT(log.Warnings(), Contains(AllOf(HasSubstr("foreign key u to t of table u"),
                                                 HasSubstr("without a row of t"))));
      EXPECT_EQ(Value("SELECT a FROM u"), "1");
    }
  }
}

// A restore in place knows what the dump holds only when it has changed the target.
TEST_P(PartialTest, InPlaceRowsWithoutTheirParentAndViewsThatBreakAreNamed) {
  ASSERT_OK(
      server_.RunSql("DROP VIEW over_v; DROP VIEW v; DROP TRIGGER tr;"
                     "ALTER TABLE t RENAME COLUMN b TO c;",
                     source_.database));
  RunAtTarget(
      "INSERT INTO t VALUES (3, 'c'); INSERT INTO u VALUES (3); CREATE TABLE gone(a INT);"
      "CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE gone;");
  Dump dump = TakeTables({"t"});
  dump.options.in_place = true;
  ASSERT_OK(Put(dump));
  EXPECT_THAT(log_.Warnings(),
              AllOf(Contains(AllOf(HasSubstr("foreign key u to t of table u"),
                                   HasSubstr("without a row of t"))),
                    Contains(HasSubstr("view v stays and no longer works")),
                    Contains(HasSubstr("view over_v stays")), Not(Contains(HasSubstr("lone"))),
                    Not(Contains(HasSubstr("broken")))));
}

TEST_P(PartialTest, ATriggerOfATableThatStaysIsNotDroppedForOneOfItsName) {
  RunAtTarget("DROP TRIGGER tr; CREATE TRIGGER tr BEFORE INSERT ON w FOR EACH ROW SET NEW.a = 2;");
  const std::string before = Content();
  EXPECT_THAT(Put(TakeTables({"t"})),
              StatusIs(errs::kAlreadyExists, AllOf(HasSubstr("trigger tr"), HasSubstr("table w"))));
  EXPECT_EQ(Content(), before);
}

TEST_P(PartialTest, AViewOfTheDumpMayReadATableThatStays) {
  ASSERT_OK(server_.RunSql("CREATE VIEW both_tables AS SELECT t.a, w.a AS b, f() AS f FROM t, w;",
                           source_.database));
  ASSERT_OK(Put(TakeTables({"t", "u", "both_tables"})));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM both_tables"), "2");
  // Its table is nowhere.
  RunAtTarget("DROP VIEW both_tables; DROP VIEW lone; DROP TABLE w;");
  const std::string before = Content();
  EXPECT_THAT(Put(TakeTables({"t", "u", "both_tables"})),
              StatusIs(errs::kNotFound, HasSubstr(".w'")));
  EXPECT_EQ(Content(), before);
}

TEST_P(PartialTest, AFailureAfterTheTablesHaveMovedPutsEverythingBack) {
  RunAtTarget("CREATE FUNCTION stays() RETURNS INT DETERMINISTIC RETURN 1; DROP TABLE u;");
  ASSERT_OK(
      server_.RunSql("CREATE FUNCTION gone() RETURNS INT DETERMINISTIC RETURN 1;"
                     "CREATE VIEW calls_gone AS SELECT gone() AS a, t.a AS b FROM t;",
                     source_.database));
  const std::string before = Content();
  EXPECT_THAT(Put(TakeTables({"t", "v", "calls_gone"})),
              StatusIs(errs::kDatabase, HasSubstr("gone")));
  EXPECT_EQ(Content(), before);
}

}  // namespace
}  // namespace siphon::mysqlcommon
