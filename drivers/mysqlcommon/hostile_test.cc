// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Databases and dumps of somebody who wants siphon to run his statements with the rights of the
// person who backs up and restores.

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/driver.h"
#include "testing/event_log.h"
#include "testing/rounds.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What an attacker wants to be run.
constexpr std::string_view kAttack = "GRANT ALL ON *.* TO mallory@localhost WITH GRANT OPTION";

class HostileTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    source_ = NewDatabase(server_);
    target_ = NewDatabase(server_);
    ASSERT_OK(
        server_.RunSql("CREATE USER IF NOT EXISTS mallory@localhost;"
                       "CREATE DATABASE IF NOT EXISTS victim;"
                       "CREATE TABLE IF NOT EXISTS victim.t (a INT PRIMARY KEY);"
                       "REPLACE INTO victim.t VALUES (1);"));
    canaries_ = Canaries();
  }
  void TearDown() override {
    EXPECT_EQ(Canaries(), canaries_);
    EXPECT_THAT(Leftovers(server_), IsEmpty());
  }

  // Everything that an attack would change.
  std::string Canaries() {
    PlainConnection connection(ProfileFor(server_, "mysql"));
    std::string all = connection.Value("SHOW GRANTS FOR mallory@localhost");
    for (const char* const sql :
         {"SELECT GROUP_CONCAT(User, Host ORDER BY User, Host) FROM mysql.user",
          "SELECT GROUP_CONCAT(a ORDER BY a) FROM victim.t", "SELECT @@global.general_log",
          "SELECT @@global.general_log_file", "SELECT @@global.max_connections",
          "SELECT GROUP_CONCAT(table_name ORDER BY table_name) FROM information_schema.tables"
          " WHERE table_schema = 'victim'",
          "SELECT COUNT(*) FROM mysql.plugin", "SELECT COUNT(*) FROM mysql.servers"}) {
      absl::StrAppend(&all, "\n", connection.Value(sql));
    }
    return all;
  }

  absl::StatusOr<driver::DeepReport> Deep(std::string_view body) {
    base::StringReader reader(body);
    return ForkDriver(ForkOf(server_)).VerifyDeep(context_, {}, reader);
  }

  absl::Status RestoreIntoScratch(std::string_view body,
                                  const driver::RestoreOptions& options = {}) {
    ForkDriver driver(ForkOf(server_));
    auto scratch = driver.OpenScratchOn(context_, target_);
    if (!scratch.ok()) return scratch.status();
    base::StringReader reader(body);
    const absl::Status status = (*scratch)->Restore(context_, options, reader);
    const absl::Status closed = (*scratch)->Close();
    return status.ok() ? closed : status;
  }

  MysqlServer& server_ = SharedServer(GetParam());
  profile::ConnectionProfile source_, target_;
  std::string canaries_;
  siphon::testing::EventLog log_;
  const base::Context context_ = base::Context(std::stop_token(), &log_);
};

INSTANTIATE_TEST_SUITE_P(
    Server, HostileTest,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())),
    [](const ::testing::TestParamInfo<std::string>& info) {
      return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
    });

// Statements that hide kAttack from a reader that does not know how the server reads them.
std::vector<std::string> HidingObjects() {
  const std::string attack(kAttack);
  return {
      // The backslash does not escape.
      "SET sql_mode='NO_BACKSLASH_ESCAPES'",
      "CREATE PROCEDURE p_backslash() SELECT 'C:\\' AS a, ' ;;\n" + attack + " ;;\n' AS b",
      "CREATE TRIGGER g_backslash BEFORE INSERT ON t FOR EACH ROW SET NEW.b = CONCAT('\\', ' ;;\n" +
          attack + ";;\n')",
      "CREATE EVENT e_backslash ON SCHEDULE EVERY 1 YEAR DISABLE DO SELECT '\\', ';\n" + attack +
          ";\n-- '",
      // A name in double quotes, in which a backslash does not escape.
      "SET sql_mode='ANSI_QUOTES'",
      "CREATE PROCEDURE p_ansi() SELECT 1 AS \"it's\", ' ;;\n" + attack + ";;\n\" '",
      "CREATE FUNCTION f_ansi() RETURNS INT DETERMINISTIC RETURN (SELECT MAX(\"a\") FROM \"t\""
      " WHERE b <> '\" ;;\n" +
          attack + " ;;\n')",
      "SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
      "CREATE PROCEDURE p_both() SELECT '\\' AS \"x\"\"\", ' ;; " + attack + " ;; '",
      "SET sql_mode=''",
      // Text that a reader could take for the form of the dump, or for commands of the client.
      "CREATE PROCEDURE p_form() SELECT ';;\n-- siphon: statement of 3 bytes\nDELIMITER ;;\n" +
          attack + ";;\n\nDELIMITER ;\n" + attack + ";\n\\g \\G \\! id\n'",
      "CREATE PROCEDURE p_comment() SELECT 1 /* ;;\n' \" ` " + attack +
          ";;\nDELIMITER ;\n*/ # it's ;; \" " + attack,
      "CREATE FUNCTION f_hash() RETURNS INT DETERMINISTIC RETURN 1 # ends here",
      "CREATE TRIGGER g_hash AFTER INSERT ON t FOR EACH ROW SET @x = 1 # ends here",
      "CREATE EVENT e_hash ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01 00:00:00' DISABLE DO SELECT "
      "1"
      " # ends here",
      "CREATE FUNCTION f_dashes() RETURNS INT DETERMINISTIC RETURN 1 -- ends here",
      "CREATE PROCEDURE p_versioned() SELECT 1 /*!50003 + '*/ ;;\n" + attack + ";;\n' */",
      // The second byte of the character is a backslash.
      "SET NAMES gbk",
      "CREATE PROCEDURE p_gbk() SELECT '\xB5\x5C', ' ;;\n" + attack + ";;\n'",
      "CREATE TRIGGER g_gbk BEFORE UPDATE ON t FOR EACH ROW SET NEW.b = CONCAT('\xB5\x5C', ';;\n" +
          attack + ";;\n')",
      "SET NAMES sjis",
      "CREATE PROCEDURE p_sjis() SELECT '\x83\x5C', ' ;;\n" + attack + ";;\n'",
      "SET NAMES big5",
      "CREATE PROCEDURE p_big5() SELECT '\xA5\x5C', ' ;;\n" + attack + ";;\n'",
      "SET NAMES latin1",
      "CREATE PROCEDURE p_latin1() SELECT 'caf\xE9 ;;\n" + attack + "'",
      "SET NAMES utf8mb4",
      "CREATE VIEW v AS SELECT a, ' ;;\n" + attack + " ;;\n' AS x FROM t",
      "CREATE TABLE `t2;;\n" + attack + ";` (`a\\` INT COMMENT ';;\n" + attack +
          ";;', `b'\"` VARCHAR(99) DEFAULT ' ;;\n-- \\\\', e ENUM(';;', '\\'')) COMMENT 'it''s "
          ";;\n" +
          attack + ";'",
  };
}

TEST_P(HostileTest, AnObjectOfTheSourceIsOneStatementAtTheTarget) {
  PlainConnection connection(source_);
  connection.Run("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(200))");
  connection.Run("INSERT INTO t VALUES (1, 'it''s \\\\'), (2, ';; x')");
  for (const std::string& sql : HidingObjects()) connection.Run(sql);
  const std::string expected = Describe(server_, source_.database);
  const std::string body = BackUp(server_, source_);
  const auto deep = Deep(body);
  ASSERT_OK(deep);
  EXPECT_THAT(deep->summary, Not(HasSubstr("refuses")));
  EXPECT_THAT(log_.Warnings(), IsEmpty());
  ASSERT_OK(TryRestore(server_, target_, body, {}, context_));
  EXPECT_EQ(Describe(server_, target_.database), expected);
  EXPECT_OK(RestoreIntoScratch(body));
  const profile::ConnectionProfile by_client = NewDatabase(server_);
  ASSERT_OK(server_.RunDump(body, by_client.database));
  EXPECT_EQ(Describe(server_, by_client.database), expected);
}

TEST_P(HostileTest, WhatTheClientWouldMisreadIsForSiphonOnly) {
  PlainConnection connection(source_);
  connection.Run("CREATE TABLE t (a INT)");
  connection.Run("SET sql_mode='ANSI_QUOTES'");
  // MySQL's client takes the backslash for an escape.
  connection.Run("CREATE PROCEDURE p() SELECT 1 AS \"a\\\", ' ;;\n\";;\n" + std::string(kAttack) +
                 ";;\n'");
  // Neither client sends the end of this line.
  connection.Run("CREATE PROCEDURE q() SELECT 1 AS\ndelimiter_x");
  const std::string body = BackUp(server_, source_);
  EXPECT_THAT(body, HasSubstr("-- siphon: statement in hexadecimal "));
  ASSERT_OK(TryRestore(server_, target_, body, {}, context_));
  EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
  const std::string damaged = absl::StrReplaceAll(
      body, {{"-- siphon: statement in hexadecimal ", "-- siphon: statement in hexadecimal x"}});
  EXPECT_TRUE(errs::Is(Deep(damaged).status(), errs::kIntegrity));
}

TEST_P(HostileTest, ADumpWhoseRecordedLengthsWereChangedIsDamaged) {
  PlainConnection connection(source_);
  connection.Run("CREATE PROCEDURE p() SELECT ';;'");
  const std::string body = BackUp(server_, source_);
  const size_t at = body.find("-- siphon: statement of ");
  ASSERT_NE(at, std::string::npos);
  std::string damaged = body;
  damaged.insert(body.find(" bytes", at), "0");
  EXPECT_TRUE(errs::Is(Deep(damaged).status(), errs::kIntegrity));
  EXPECT_TRUE(errs::Is(TryRestore(server_, target_, damaged, {}, context_), errs::kIntegrity));
}

// Dumps that anybody can write.
std::vector<std::string> HostileStatements(bool mariadb) {
  std::vector<std::string> all = {
      std::string(kAttack), "CREATE USER eve", "UPDATE victim.t SET a = 9", "DELETE FROM victim.t",
      "REPLACE INTO victim.t VALUES (7)", "INSERT INTO victim.t VALUES (7)",
      "RENAME TABLE victim.t TO victim.u", "DROP TABLE IF EXISTS nothing, victim.t",
      "ALTER TABLE victim.t ADD b INT", "CREATE INDEX i ON victim.t(a)",
      "SELECT * FROM victim.t INTO OUTFILE 'siphon_hostile.txt'",
      "CREATE TABLE leak SELECT * FROM mysql.user",
      "CREATE TABLE leak (a INT) SELECT a FROM victim.t", "CREATE TABLE leak LIKE victim.t",
      "CREATE TABLE victim.u (a INT)", "CREATE TABLE victim.u (a INT) /*!99998 x */",
      "INSERT INTO own SELECT a FROM victim.t",
      "INSERT INTO own VALUES ((SELECT a FROM victim.t LIMIT 1))",
      "INSERT INTO own VALUES (LENGTH(LOAD_FILE('/etc/passwd')))",
      "CREATE TABLE child (a INT, FOREIGN KEY (a) REFERENCES victim.t(a))",
      "CREATE TABLE far (a INT) ENGINE=MERGE UNION=(victim.t)",
      "SET sql_mode='', GLOBAL max_connections=7", "SET sql_mode='', @@global.general_log=1",
      "SET @x=1, PERSIST max_connections=7, sql_notes=0",
      "/*!50003 SET sql_mode='' */ /*!50003 , GLOBAL max_connections=7 */",
      "SET @x = (SELECT a FROM victim.t LIMIT 1)", "PREPARE s FROM 'CREATE USER eve'",
      "DO SLEEP(0)", "INSTALL PLUGIN x SONAME 'x.so'",
      "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST '127.0.0.1')",
      "CREATE FUNCTION f RETURNS STRING SONAME 'x.so'", "CREATE VIEW victim.v AS SELECT 1",
      "CREATE PROCEDURE victim.p() SELECT 1",
      "CREATE TRIGGER victim.g BEFORE INSERT ON victim.t FOR EACH ROW SET NEW.a = 1",
      "CREATE EVENT victim.e ON SCHEDULE EVERY 1 SECOND DO DELETE FROM victim.t",
      "/*!999999 CREATE PROCEDURE p() */ CREATE USER eve",
      // Queries without the word SELECT, or with it at the end of a number.
      "CREATE TABLE leak (a INT) (VALUES ROW(1))", "CREATE TABLE leak (a INT) (TABLE own)",
      "CREATE TABLE leak (a INT) MAX_ROWS=1e1SELECT YEAR(NOW())",
      "ALTER TABLE own AUTO_INCREMENT=1e1ENGINE FEDERATED",
      "ALTER TABLE own AUTO_INCREMENT=1.e1ENGINE FEDERATED",
      // The server evaluates the schedule when it creates the event.
      "CREATE EVENT e ON SCHEDULE EVERY LENGTH(LOAD_FILE('/etc/passwd')) SECOND DISABLE DO SELECT "
      "1",
      "CREATE EVENT e ON SCHEDULE AT '2037-01-01' + INTERVAL SLEEP(0) DAY DISABLE DO SELECT 1",
      "FLUSH PRIVILEGES", "SHUTDOWN"};
  if (mariadb) {
    for (const char* const sql :
         {"CREATE TABLE leak (a INT) (VALUES (1))", "EXECUTE IMMEDIATE 'CREATE USER eve'",
          "BEGIN NOT ATOMIC CREATE USER eve; END", "SET STATEMENT sql_mode='' FOR CREATE USER eve",
          "CREATE SEQUENCE victim.s", "CREATE OR REPLACE TABLE victim.t (a INT)",
          "INSTALL SONAME 'x'", "/*M!100100 CREATE USER eve */"}) {
      all.emplace_back(sql);
    }
  }
  return all;
}

TEST_P(HostileTest, AStatementThatIsNotOfADumpIsRefusedBeforeItRuns) {
  for (const std::string& sql : HostileStatements(server_.is_mariadb())) {
    const std::string body =
        absl::StrCat("CREATE TABLE own (a INT);\nINSERT INTO own VALUES (1);\n", sql, ";\n");
    driver::RestoreOptions clean;
    clean.clean = true;
    const absl::Status status = TryRestore(server_, target_, body, clean, context_);
    EXPECT_THAT(status, StatusIs(errs::kDriverUnsupported, HasSubstr("line 3"))) << sql;
    EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("--trust")) << sql;
    EXPECT_TRUE(errs::Is(RestoreIntoScratch(body), errs::kDriverUnsupported)) << sql;
    driver::RestoreOptions in_place;
    in_place.in_place = in_place.clean = true;
    EXPECT_THAT(TryRestore(server_, target_, body, in_place, context_), Not(IsOk())) << sql;
    // Rows of another table are damage.
    const auto deep = Deep(body);
    EXPECT_TRUE(deep.ok() ? absl::StrContains(deep->summary, "refuses")
                          : errs::Is(deep.status(), errs::kIntegrity))
        << sql;
    EXPECT_EQ(Canaries(), canaries_) << sql;
  }
}

TEST_P(HostileTest, NamesAfterUseReachTheTargetOnly) {
  const std::string body =
      "CREATE DATABASE IF NOT EXISTS victim;\nUSE victim;\n"
      "CREATE TABLE victim.own (a INT PRIMARY KEY);\nINSERT INTO victim.own VALUES (5);\n"
      "DROP TABLE IF EXISTS victim.t;\nCREATE TABLE `victim`.`t` (a INT);\n"
      "INSERT INTO victim . t VALUES (6);\n"
      "CREATE TRIGGER victim.g BEFORE INSERT ON victim.t FOR EACH ROW SET NEW.a = 1;\n";
  ASSERT_OK(TryRestore(server_, target_, body, {}, context_));
  EXPECT_EQ(PlainConnection(target_).Value("SELECT a FROM own"), "5");
  EXPECT_EQ(PlainConnection(target_).Value("SELECT a FROM t"), "6");
}

// A server of the other fork does not know some modes of the dump, which siphon leaves out then.
TEST_P(HostileTest, AModeThatIsLeftOutDoesNotChangeHowTheDumpIsRead) {
  if (server_.is_mariadb()) return;  // MySQL's modes of its own do not change the syntax.
  driver::RestoreOptions options;
  options.crossing_from = "mariadb";
  // With ANSI_QUOTES, which ORACLE implies, two names; without it, a string and the rest.
  const std::string table =
      "CREATE TABLE own (a INT COMMENT \"x\\\" COMMENT \") SELECT a FROM victim.t -- \");\n";
  for (const std::string set :
       {"SET sql_mode='ORACLE';\n",
        "SET sql_mode=STRICT_ALL_TABLES, @m='ORACLE';\nSET sql_mode=@m;\n"}) {
    EXPECT_THAT(
        TryRestore(server_, target_, set + table, options, context_),
        StatusIs(errs::kDriverUnsupported, HasSubstr("line 1 of the dump sets an sql_mode")))
        << set;
  }
  ASSERT_OK(TryRestore(server_, target_,
                       "SET sql_mode='ANSI_QUOTES,ORACLE,NO_KEY_OPTIONS';\nSET @m=@@sql_mode;\n"
                       "CREATE TABLE \"own\" (a INT);\nSET sql_mode=@m;\n",
                       options, context_));
}

// siphon's own statements about a table of the dump run with the sql_mode and character set that
// the dump has set.
class HostileNames : public HostileTest {
 protected:
  void SetUp() override {
    HostileTest::SetUp();
    PlainConnection root(ProfileFor(server_, "mysql"));
    root.Run("DROP FUNCTION IF EXISTS victim.touch");
    root.Run(
        "CREATE FUNCTION victim.touch() RETURNS INT DETERMINISTIC MODIFIES SQL DATA"
        " BEGIN DELETE FROM victim.t; RETURN 1; END");
  }
  void TearDown() override {
    HostileTest::TearDown();
    PlainConnection(ProfileFor(server_, "mysql")).Run("DROP FUNCTION victim.touch");
  }
};

INSTANTIATE_TEST_SUITE_P(
    Server, HostileNames,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())),
    [](const ::testing::TestParamInfo<std::string>& info) {
      return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
    });

TEST_P(HostileNames, OfTheDumpAreNoStatementsUnderItsSettings) {
  // A table with this name and a row makes some of the attacks complete.
  PlainConnection by_gbk(target_);
  by_gbk.Run("SET NAMES gbk");
  by_gbk.Run("CREATE TABLE `\xB5\x60` (a INT)");
  by_gbk.Run("INSERT INTO `\xB5\x60` VALUES (1)");
  struct Case {
    std::string set, name;
  };
  for (const Case& c : {Case{"SET sql_mode='NO_BACKSLASH_ESCAPES'", "x' OR victim.touch() -- x"},
                        // The second byte of the character is a backtick.
                        Case{"SET NAMES gbk", "\xB5\x60, victim.t -- x"},
                        Case{"SET NAMES gbk", "\xB5\x60 WHERE victim.touch() -- x"},
                        Case{"SET NAMES gbk", "\xB5\x60 SELECT victim.touch() AS a -- x"},
                        // The second byte of the character is a backslash.
                        Case{"SET NAMES gbk", "\xB5\x5C' OR victim.touch() -- x"}}) {
    const std::string body = absl::StrCat(c.set, ";\nCREATE TABLE `", c.name,
                                          "` (a INT);\nINSERT INTO `", c.name, "` VALUES (1);\n");
    driver::RestoreOptions partial;
    partial.in_place = partial.clean = true;
    partial.annotations = {{"scope", "partial"}};
    driver::RestoreOptions replaced;
    replaced.in_place = replaced.data_only = replaced.clean = true;
    driver::RestoreOptions exchanged;
    exchanged.data_only = exchanged.clean = true;
    // MariaDB drops the byte after a backtick, also after one that is the half of a character.
    const bool kept = !server_.is_mariadb() || !absl::StrContains(c.name, "`");
    for (const driver::RestoreOptions& options : {partial, replaced, exchanged}) {
      const absl::Status status = TryRestore(server_, target_, body, options, context_);
      EXPECT_TRUE(status.ok() || !kept) << c.name << status;
      EXPECT_EQ(Canaries(), canaries_) << c.name;
    }
    if (!kept) continue;
    by_gbk.Run(absl::StrCat(c.set, ", character_set_client=gbk"));
    EXPECT_EQ(by_gbk.Value(absl::StrCat("SELECT COUNT(*) FROM `", c.name, "`")), "1") << c.name;
  }
}

// If the server's sql_mode or character set is not the one that siphon follows, siphon reads a
// string where the server reads the end of a string and more rows.
TEST_P(HostileNames, AreNotReadUnderAModeThatSiphonDoesNotKnow) {
  const std::string make = "CREATE TABLE own (a TEXT);\n";
  const std::string no_escapes = "'NO_BACKSLASH_ESCAPES'";
  const std::string rows = "'), (victim.touch()) -- ');\n";
  std::vector<std::string> bodies = {
      // siphon's own variable keeps the mode while it creates a table.
      absl::StrCat("SET sql_mode=", no_escapes, ";\n", make, "SET sql_mode='';\n",
                   "SET sql_mode=@siphon_mode;\nINSERT INTO own VALUES ('\\", rows),
      // A variable that saves another one.
      absl::StrCat(make, "SET character_set_results=gbk;\nSET @x=@@character_set_results;\n",
                   "SET character_set_client=@x;\nINSERT INTO own VALUES ('\xB5\\", rows),
      // A statement that siphon skips.
      absl::StrCat(make, "SET @m=", no_escapes, ";\nSET @m='', sql_log_bin=0;\n",
                   "SET sql_mode=@m;\nINSERT INTO own VALUES ('\\", rows)};
  if (server_.is_mariadb()) {
    bodies.emplace_back(
        "SET sql_mode='MSSQL';\n"
        "CREATE TABLE own (a INT, [b'] INT) SELECT victim.touch() AS a -- ');\n");
  }
  for (const std::string& body : bodies) {
    EXPECT_THAT(TryRestore(server_, target_, body, {}, context_),
                StatusIs(errs::kDriverUnsupported, HasSubstr("is not run")))
        << body;
    EXPECT_THAT(RestoreIntoScratch(body), StatusIs(errs::kDriverUnsupported)) << body;
    EXPECT_EQ(Canaries(), canaries_) << body;
  }
}

// For the hint of an error, siphon asks the server for the table's engine.
TEST_P(HostileNames, AreNoStatementsWhenARowDoesNotFit) {
  PlainConnection root(ProfileFor(server_, "mysql"));
  root.Run("SET GLOBAL max_heap_table_size=16384");
  const std::string name = "x' OR victim.touch() -- x";
  std::string body = absl::StrCat("SET sql_mode='NO_BACKSLASH_ESCAPES';\nCREATE TABLE `", name,
                                  "` (a CHAR(250)) ENGINE=MEMORY;\n");
  for (int i = 0; i < 200; ++i) absl::StrAppend(&body, "INSERT INTO `", name, "` VALUES ('x');\n");
  EXPECT_THAT(TryRestore(server_, target_, body, {}, context_), HasHint(HasSubstr("MEMORY table")));
  EXPECT_THAT(RestoreIntoScratch(body), HasHint(HasSubstr("MEMORY table")));
  root.Run("SET GLOBAL max_heap_table_size=DEFAULT");
}

// To judge a warning, siphon asks the server for the table's columns.
TEST_P(HostileNames, AreNoStatementsWhenAValueIsCut) {
  for (const auto& [set, name] :
       {std::pair<std::string_view, std::string_view>{"SET sql_mode='NO_BACKSLASH_ESCAPES'",
                                                      "x' OR victim.touch() -- x"},
        // The second byte of the character is a backslash.
        {"SET NAMES gbk", "\xB5\x5C' OR victim.touch() -- x"}}) {
    const std::string body = absl::StrCat(set, ";\nCREATE TABLE `", name, "` (a CHAR(1));\n",
                                          "INSERT INTO `", name, "` VALUES ('xy');\n");
    EXPECT_THAT(TryRestore(server_, target_, body, {}, context_),
                StatusIs(errs::kDatabase, HasSubstr("does not take a value")));
    EXPECT_THAT(RestoreIntoScratch(body),
                StatusIs(errs::kDatabase, HasSubstr("does not take a value")));
    EXPECT_EQ(Canaries(), canaries_) << name;
  }
}

TEST_P(HostileTest, TrustRunsTheUsersOwnDump) {
  const std::string body =
      "CREATE TABLE own (a INT);\nINSERT INTO own VALUES (LENGTH('abc'));\nUPDATE own SET a = "
      "a+1;\n";
  EXPECT_THAT(TryRestore(server_, target_, body, {}, context_),
              StatusIs(errs::kDriverUnsupported, HasSubstr("calls LENGTH")));
  driver::RestoreOptions options;
  options.trust = true;
  ASSERT_OK(TryRestore(server_, target_, body, options, context_));
  EXPECT_EQ(PlainConnection(target_).Value("SELECT a FROM own"), "4");
}

TEST_P(HostileTest, ARestoreIntoAScratchDatabaseRunsNoEvent) {
  PlainConnection scheduler(ProfileFor(server_, "mysql"));
  scheduler.Run("SET GLOBAL event_scheduler = ON");
  std::string events;
  for (const char* const state : {"", "ENABLE", "ON COMPLETION PRESERVE ENABLE COMMENT 'DO'"}) {
    absl::StrAppend(&events, "CREATE EVENT e", events.size(), " ON SCHEDULE EVERY 1 SECOND ", state,
                    " DO INSERT IGNORE INTO victim.t VALUES (66);\n");
  }
  const std::string rows = absl::StrCat("INSERT INTO own VALUES (1)", ";\n");
  EXPECT_OK(RestoreIntoScratch(absl::StrCat("CREATE TABLE own (a INT);\n", events, rows)));
  scheduler.Run("DO SLEEP(2)");
  EXPECT_EQ(Canaries(), canaries_);
  scheduler.Run("SET GLOBAL event_scheduler = OFF");
}

TEST_P(HostileTest, RowsDoNotGoThroughAViewOfTheTarget) {
  PlainConnection(target_).Run("CREATE SQL SECURITY INVOKER VIEW own AS SELECT a FROM victim.t");
  driver::RestoreOptions options;
  options.data_only = options.in_place = true;
  for (const bool clean : {false, true}) {
    options.clean = clean;
    EXPECT_THAT(TryRestore(server_, target_, "INSERT INTO own VALUES (8);\n", options, context_),
                Not(IsOk()));
  }
}

TEST_P(HostileTest, DumpsOfTheServersOwnProgramAreRestoredWithoutTrust) {
  PlainConnection connection(source_);
  connection.Run(
      "CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(200), c DECIMAL(9,2) DEFAULT 1.50,"
      " d BLOB, e INT AS (a * 2) STORED, CHECK (a > 0)) COMMENT 'it''s; \\\\'");
  connection.Run(
      "INSERT INTO t (a, b, c, d) VALUES (1, 'it''s \\;', -1.5, x'00ff27'),"
      " (2, NULL, 0, NULL)");
  connection.Run(
      "CREATE TABLE p (a INT, b DATE) PARTITION BY RANGE (a)"
      " (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)");
  connection.Run("CREATE TABLE g (p POINT NOT NULL, j JSON, y YEAR, b BIT(3))");
  connection.Run(
      "INSERT INTO g VALUES (ST_GeomFromText('POINT(1 2)'), '{\"a\": 1}', 2020, b'101')");
  connection.Run("CREATE VIEW v AS SELECT a, 'x;' AS x FROM t");
  connection.Run("CREATE VIEW w AS SELECT * FROM v");
  connection.Run("SET sql_mode='NO_BACKSLASH_ESCAPES,ANSI_QUOTES'");
  connection.Run("CREATE PROCEDURE q() SELECT 'C:\\', ';' AS \"x'\"");
  connection.Run("CREATE TRIGGER g1 BEFORE INSERT ON t FOR EACH ROW SET NEW.b = '\\'");
  connection.Run("CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO SELECT '\\'");
  const std::string expected = Describe(server_, source_.database);
  ASSERT_OK(TryRestore(server_, target_, expected, {}, context_));
  EXPECT_EQ(Describe(server_, target_.database), expected);
  const auto deep = Deep(expected);
  ASSERT_OK(deep);
  EXPECT_THAT(deep->summary, Not(HasSubstr("refuses")));
}

// The dump of a hostile source: what SHOW CREATE shows may be another statement.
TEST_P(HostileTest, ANameInSHOWCREATEThatIsNotQuotedReachesNothing) {
  PlainConnection connection(source_);
  connection.Run("CREATE TABLE p (a INT PRIMARY KEY)");
  connection.Run(
      "CREATE TABLE c (a INT, CONSTRAINT `x`` CHECK (1)) SELECT a FROM victim.t -- -`"
      " FOREIGN KEY (a) REFERENCES p(a))");
  const std::string body = BackUp(server_, source_);
  // MariaDB 10.11 does not double the quotes in the names of foreign keys.
  const bool refused = absl::StrContains(body, "CONSTRAINT `x` CHECK");
  EXPECT_TRUE(!refused || server_.is_mariadb());
  EXPECT_EQ(TryRestore(server_, target_, body, {}, context_).ok(), !refused);
  EXPECT_EQ(RestoreIntoScratch(body).ok(), !refused);
}

// A dump as siphon wrote it before definitions had recorded lengths.
TEST_P(HostileTest, DumpsOfEarlierVersionsFollowTheModesThatTheySet) {
  const std::string attack(kAttack);
  const std::string body = absl::StrCat(
      "-- siphon dump of ", server_.is_mariadb() ? "MariaDB" : "MySQL",
      " 1, database x\n-- Collation of the database: utf8mb4_bin\n"
      "-- To be read by siphon, or by: mysql --binary-mode DATABASE < FILE\n"
      "SET @OLD_SQL_MODE=@@SQL_MODE;\nSET NAMES utf8mb4;\n"
      "/*M!100201 SET @OLD_CHECK_CONSTRAINT_CHECKS=@@CHECK_CONSTRAINT_CHECKS,"
      " CHECK_CONSTRAINT_CHECKS=0 */;\n\n"
      "-- Table t\nCREATE TABLE `t` (\n  `a` int\n);\n/*!40000 ALTER TABLE `t` DISABLE KEYS */;\n"
      "INSERT INTO `t` VALUES(1);\n/*!40000 ALTER TABLE `t` ENABLE KEYS */;\n"
      "\n-- PROCEDURE p\nSET sql_mode=_latin1'NO_BACKSLASH_ESCAPES', character_set_client=utf8mb4,"
      " collation_connection=utf8mb4_bin;\nDELIMITER ;;\n"
      "CREATE DEFINER=`root`@`localhost` PROCEDURE `p`()\nSELECT 'C:\\', ' ;;\n",
      attack,
      " ;;\n' ;;\nDELIMITER ;\n"
      "\n-- PROCEDURE q\nSET sql_mode=_latin1'', character_set_client=gbk,"
      " collation_connection=gbk_bin;\nDELIMITER ;;\n"
      "CREATE DEFINER=`root`@`localhost` PROCEDURE `q`()\nSELECT '\xB5\x5C', ' ;;\n",
      attack, " ;;\n' ;;\nDELIMITER ;\n\nSET SQL_MODE=@OLD_SQL_MODE;\n-- siphon dump complete\n");
  ASSERT_OK(TryRestore(server_, target_, body, {}, context_));
  EXPECT_EQ(PlainConnection(target_).Column("SELECT routine_name FROM information_schema.routines"
                                            " WHERE routine_schema = DATABASE() ORDER BY 1"),
            (std::vector<std::string>{"p", "q"}));
}

}  // namespace
}  // namespace siphon::mysqlcommon
