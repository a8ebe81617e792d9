// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/splitter.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/sql/split_script.h"
#include "testing/status_matchers.h"

namespace siphon::sql {
namespace {

using ::siphon::testing::SplitScript;
using ::siphon::testing::SplitScriptResult;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Cut in every way that matters, with the same result.
SplitScriptResult Split(Dialect dialect, std::string_view script, SplitterOptions options = {}) {
  options.dialect = dialect;
  SplitScriptResult whole = SplitScript(options, script, script.size() + 1);
  for (const size_t block : {1, 2, 3, 7, 63, 64, 65, 300}) {
    const SplitScriptResult pieces = SplitScript(options, script, block);
    EXPECT_EQ(pieces.texts, whole.texts) << "in blocks of " << block;
    EXPECT_EQ(pieces.lines, whole.lines) << "in blocks of " << block;
    EXPECT_EQ(pieces.offsets, whole.offsets) << "in blocks of " << block;
    EXPECT_EQ(pieces.status.message(), whole.status.message()) << "in blocks of " << block;
  }
  if (whole.status.ok()) {
    EXPECT_EQ(absl::StrJoin(whole.raws, ""), script);
  }
  return whole;
}

// Expects that each is one statement, whatever comes before and after it.
void ExpectOneEach(Dialect dialect, const std::vector<std::string>& statements,
                   SplitterOptions options = {}) {
  for (const std::string& statement : statements) {
    const SplitScriptResult result =
        Split(dialect, absl::StrCat(statement, ";\n", statement, " ; SELECT 'z'"), options);
    EXPECT_THAT(result.status, IsOk()) << statement;
    EXPECT_THAT(result.statements(), ElementsAre(statement, statement, "SELECT 'z'"));
  }
}

TEST(SplitterTest, GivesTextLineOffsetAndEnd) {
  for (const Dialect dialect :
       {Dialect::kPostgres, Dialect::kMysql, Dialect::kMariadb, Dialect::kSqlite}) {
    const SplitScriptResult result =
        Split(dialect, "-- one;\nSELECT 1;\n\n /* two */ SELECT\n2 ;;SELECT 3 -- end\n");
    EXPECT_THAT(result.status, IsOk());
    EXPECT_THAT(result.texts, ElementsAre("SELECT 1", "SELECT\n2", "", "SELECT 3 -- end"));
    EXPECT_THAT(result.lines, ElementsAre(2, 4, 5, 5));
    EXPECT_THAT(result.offsets, ElementsAre(8, 30, 41, 41));
    EXPECT_THAT(result.ends,
                ElementsAre(End::kDelimiter, End::kDelimiter, End::kDelimiter, End::kEndOfInput));
  }
}

TEST(SplitterTest, HasNothingToSayAboutAnEmptyScript) {
  EXPECT_THAT(Split(Dialect::kPostgres, "").texts, IsEmpty());
  EXPECT_THAT(Split(Dialect::kPostgres, " \n-- a").statements(), IsEmpty());
}

TEST(SplitterTest, SkipsAByteOrderMarkAtTheBeginningOnly) {
  const SplitScriptResult result = Split(Dialect::kSqlite, "\xEF\xBB\xBFSELECT 1;\xEF\xBB\xBF");
  EXPECT_THAT(result.texts, ElementsAre("SELECT 1", "\xEF\xBB\xBF"));
}

TEST(SplitterTest, RefusesAPieceThatIsTooLong) {
  SplitterOptions options;
  options.max_piece = 100;
  const std::string fits = absl::StrCat("SELECT '", std::string(90, 'x'), "';");
  EXPECT_THAT(Split(Dialect::kPostgres, fits + fits, options).status, IsOk());
  const SplitScriptResult result =
      Split(Dialect::kPostgres, fits + "\nSELECT '" + std::string(5000, 'x') + "';", options);
  EXPECT_TRUE(errs::Is(result.status, errs::kInvalidArgument));
  EXPECT_THAT(result.status.message(), HasSubstr("longer than 100 bytes"));
  EXPECT_THAT(result.statements().size(), 1);
}

TEST(SplitterTest, RefusesANulWhereTheLibraryWouldStopAtIt) {
  const std::string script("SELECT 1;\nSELECT '\0';", 21);
  for (const Dialect dialect : {Dialect::kPostgres, Dialect::kSqlite}) {
    const SplitScriptResult result = Split(dialect, script);
    EXPECT_TRUE(errs::Is(result.status, errs::kInvalidArgument));
    EXPECT_THAT(result.status.message(), HasSubstr("line 2 holds a NUL"));
  }
  EXPECT_THAT(Split(Dialect::kMysql, script).status, IsOk());
}

TEST(SplitterTest, SaysWhatIsOpenAtTheEnd) {
  struct Case {
    Dialect dialect;
    std::string script;
    std::string message;
  };
  const std::vector<Case> cases = {
      {Dialect::kPostgres, "SELECT 1;\nSELECT\n'a;", "the string that begins in line 3"},
      {Dialect::kPostgres, "SELECT E'a\\", "the string that begins in line 1"},
      {Dialect::kPostgres, "\n/* /* */ ;", "the comment that begins in line 2"},
      {Dialect::kPostgres, "DO $x$ ; $$ $X$", "the dollar-quoted string that begins in line 1"},
      {Dialect::kMysql, "SELECT 1;\n\n`a;", "the quoted name that begins in line 3"},
      {Dialect::kMysql, "/*!50000 SELECT\n1;", "the comment that begins in line 1"},
      {Dialect::kSqlite, "SELECT 1 [a;", "the quoted name that begins in line 1"},
  };
  for (const Case& c : cases) {
    const SplitScriptResult result = Split(c.dialect, c.script);
    EXPECT_TRUE(errs::Is(result.status, errs::kInvalidArgument)) << c.script;
    EXPECT_THAT(result.status.message(), HasSubstr(c.message));
  }
}

TEST(PostgresSplitterTest, LeavesSemicolonsInTokensAlone) {
  ExpectOneEach(Dialect::kPostgres,
                {
                    "SELECT 'a;''b;\\'",
                    "SELECT E'a\\';', e'\\\\', E'''\\';'",
                    "SELECT U&'\\0061;\\', u&\"x;\\\"",
                    "SELECT B'1;0', x'f;\\', N';\\'",
                    "SELECT \"x;\"\"y;\", 'z'",
                    "SELECT $$;'$$, $a$;$$;$b$;$a$, $_a1$;$a$;$_a1$, $\xC3\xA4$;$\xC3\xA4$",
                    "SELECT a$b$c, 1$$;'$$",
                    "SELECT $1, $2$$;'$$",
                    "SELECT /* ; /* ; */ ; */ 1 /**/ + /***/ 2",
                    "SELECT 1 -- ;'\n - 2 --\r + 3",
                    "SELECT a-b, a/b, a*/*;*/b, a+--;\n b",
                    "SELECT E'a' -- ;\n  'b\\';'",
                    "SELECT E'a'\n'b\\';'\n\n'\\';'",
                    "SELECT 'a'\n'b\\' , ';'",
                    "SELECT nameE'x\\' , ';'",
                    "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)",
                });
}

TEST(PostgresSplitterTest, FollowsStandardConformingStrings) {
  SplitterOptions options;
  options.backslash_escapes = true;
  ExpectOneEach(Dialect::kPostgres,
                {"SELECT 'a\\';'", "SELECT n'a\\';'", "SELECT b'\\', x'\\', E'\\';'",
                 "SELECT U&'\\', u&'\\' ';'", "SELECT x'\\'\n'\\', '\\';'"},
                options);
}

TEST(PostgresSplitterTest, KeepsTheBodyOfAnSqlFunctionTogether) {
  ExpectOneEach(
      Dialect::kPostgres,
      {
          "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
          "create or replace procedure p() begin atomic insert into t values (1); end",
          "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT "
          "(CASE WHEN b THEN 1 END); END",
          "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.end, 1 AS end FROM t; END",
          "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1;'",
          "CREATE FUNCTION begin() RETURNS int LANGUAGE sql RETURN 1",
          "CREATE TABLE begin (atomic int)",
          "CREATE FUNCTION f() RETURNS int BEGIN /* ; */ ATOMIC END",
      });
  EXPECT_THAT(Split(Dialect::kPostgres, "BEGIN; CREATE TABLE t(); END; SELECT 1;").statements(),
              ElementsAre("BEGIN", "CREATE TABLE t()", "END", "SELECT 1"));
}

TEST(PostgresSplitterTest, RefusesWhatOnlyPsqlUnderstands) {
  const SplitScriptResult copy =
      Split(Dialect::kPostgres, "SELECT 1;\nCOPY public.t (a, \"from\") FROM stdin;\n1\t2\n\\.\n");
  EXPECT_TRUE(errs::Is(copy.status, errs::kInvalidArgument));
  EXPECT_THAT(copy.status.message(), HasSubstr("line 2: COPY ... FROM STDIN"));
  const SplitScriptResult command = Split(Dialect::kPostgres, "SELECT 1;\n\\connect x\n");
  EXPECT_TRUE(errs::Is(command.status, errs::kInvalidArgument));
  EXPECT_THAT(command.status.message(), HasSubstr("line 2: psql command \\connect"));
  ExpectOneEach(Dialect::kPostgres, {"COPY t TO STDOUT", "COPY (SELECT 1 FROM stdin) TO STDOUT",
                                     "SELECT 1 FROM stdin"});
}

TEST(PostgresSplitterTest, KeepsLongWordsWhole) {
  const std::string word(1000, 'e');
  ExpectOneEach(Dialect::kPostgres, {absl::StrCat("SELECT ", word, "'a\\', 'b;'"),
                                     absl::StrCat("SELECT 1", word, "'\\'"),
                                     absl::StrCat("SELECT ", word, "$$a, $$;$$")});
}

TEST(MysqlSplitterTest, LeavesSemicolonsInTokensAlone) {
  for (const Dialect dialect : {Dialect::kMysql, Dialect::kMariadb}) {
    ExpectOneEach(dialect, {
                               "SELECT 'a;\\';''b;\\\\', \"c;\\\";\"\"d\"",
                               "SELECT `a;``b;\\`, 'z'",
                               "SELECT 1 # ;'\n + 2",
                               "SELECT 1 -- ;'\n + 2",
                               "SELECT 1 --\n + 2",
                               "SELECT 1--2, '--'",
                               "SELECT 1 /* ;' /* */ + 2",
                               "SELECT a/b, a*b, a-b",
                               "/*!40101 SET NAMES utf8; */",
                               "/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`l` */ /*!50003 TRIGGER t "
                               "SET @a = '*/'; -- don't */\n SET @b = 1 */",
                               "/*M!100100 SELECT 1; /* ; */ + 1 */",
                               "SELECT /*+ hint; */ 1",
                               "SELECT \\N, \"\\N\"",
                               "INSERT INTO t VALUES (1,'it''s',NULL,-1.5,0xFF),(2,'\\n;','',2,'')",
                           });
  }
}

TEST(MysqlSplitterTest, FollowsNoBackslashEscapes) {
  SplitterOptions options;
  options.backslash_escapes = false;
  ExpectOneEach(Dialect::kMysql, {"SELECT 'a\\', \"b\\\", ';'"}, options);
}

TEST(MysqlSplitterTest, ObeysDelimiter) {
  const SplitScriptResult result = Split(Dialect::kMysql,
                                         "SELECT 1;\n"
                                         "DELIMITER ;;\n"
                                         "CREATE TRIGGER t BEGIN SELECT 1; SELECT 2; END;;\n"
                                         "  delimiter $$  \r\n"
                                         "SELECT 3; SELECT $4 $$\n"
                                         "DELIMITER 'go'\nSELECT 'go', 5 go SELECT 6go\n"
                                         "DELIMITER ;\nSELECT delimiter FROM t;SELECT 7");
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.statements(),
              ElementsAre("SELECT 1", "CREATE TRIGGER t BEGIN SELECT 1; SELECT 2; END",
                          "SELECT 3; SELECT $4", "SELECT 'go', 5", "SELECT 6",
                          "SELECT delimiter FROM t", "SELECT 7"));
  EXPECT_THAT(result.ends,
              ElementsAre(End::kDelimiter, End::kDirective, End::kDelimiter, End::kDirective,
                          End::kDelimiter, End::kDirective, End::kDelimiter, End::kDelimiter,
                          End::kDirective, End::kDelimiter, End::kEndOfInput));
  for (const std::string bad : {"DELIMITER", "DELIMITER \nSELECT 1", "DELIMITER a\\b\n"}) {
    EXPECT_THAT(Split(Dialect::kMysql, bad).status.message(), HasSubstr("line 1: DELIMITER must"));
  }
}

TEST(MysqlSplitterTest, TakesTheSandboxLineForAComment) {
  for (const std::string line : {"/*M!999999\\- enable the sandbox mode */ \n",
                                 "/*!999999\\- enable the sandbox mode */ \n"}) {
    const SplitScriptResult result =
        Split(Dialect::kMariadb, line + "-- MariaDB dump\n/*!40101 SET @a=1 */;\n");
    EXPECT_THAT(result.status, IsOk());
    EXPECT_THAT(result.statements(), ElementsAre("/*!40101 SET @a=1 */"));
    EXPECT_THAT(result.lines, ElementsAre(3, 4));
  }
}

TEST(MysqlSplitterTest, RefusesOtherClientCommands) {
  EXPECT_THAT(Split(Dialect::kMysql, "SELECT 1\\G SELECT 2\\g").statements(),
              ElementsAre("SELECT 1", "SELECT 2"));
  for (const std::string command : {"\\!", "\\.", "\\u", "\\-"}) {
    EXPECT_THAT(Split(Dialect::kMysql, "SELECT 1;\n" + command + " x").status.message(),
                HasSubstr("line 2: client command " + command));
  }
  EXPECT_THAT(Split(Dialect::kMysql, "SELECT 1;\nsource a.sql\n").status.message(),
              HasSubstr("line 2: client command source"));
}

TEST(SqliteSplitterTest, LeavesSemicolonsInTokensAlone) {
  ExpectOneEach(Dialect::kSqlite, {
                                      "SELECT 'a;''b;\\', \"x;\"\"y\", `x;``y`, [x;y]",
                                      "SELECT [a[b], 'c]'",
                                      "SELECT 1 /* ; ' */ + 2 -- ;'\n + 3",
                                      "SELECT 1 - 2 / 3 -1",
                                      "SELECT 1 /* * / ** ;/ **/ + 2",
                                  });
}

TEST(SqliteSplitterTest, KeepsTheBodyOfATriggerTogether) {
  ExpectOneEach(
      Dialect::kSqlite,
      {
          "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END",
          "create temp trigger a AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; END",
          "CREATE TEMPORARY TRIGGER a AFTER INSERT ON t BEGIN UPDATE t SET end_=1; /* x */ END",
          "EXPLAIN QUERY PLAN CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END",
          "CREATE /* ; */ TRIGGER a AFTER INSERT ON t BEGIN SELECT ';END;'; END",
          "CREATE TABLE trigger_begin (a)",
      });
}

TEST(SqliteSplitterTest, RefusesCommandsOfTheShell) {
  EXPECT_THAT(Split(Dialect::kSqlite, "SELECT .5;\n.read x.sql\n").status.message(),
              HasSubstr("line 2: sqlite3 command .read"));
}

// Scripts of random tokens; the test knows where their statements end.
TEST(SplitterPropertyTest, EndsStatementsBetweenTokensOnly) {
  const std::vector<std::string> common = {"SELECT",   "a",      "1",     ",",       "'x;'",
                                           "'it''s;'", "\"q;\"", "/*;*/", "-- ;'\n", "+",
                                           "''",       "\n",     "12.5",  "(a)",     "= b"};
  const std::vector<std::string> postgres = {"E'\\';'", "$$;$$", "$t$;$$'$t$", "/*/*;*/;*/",
                                             "$1",      "(;)",   "U&'\\'",     "::text"};
  const std::vector<std::string> mysql = {"`a;`", "'\\';'", "\"\\\";\"", "# ;'\n", "/*!1 ; */",
                                          "0xFF", "\\N",    "@a",        "a.b"};
  const std::vector<std::string> sqlite = {"`a;`", "[a;']", "'\\'", "x'00'", "?1", "$a"};
  std::mt19937 random(20261122);
  for (int round = 0; round < 400; ++round) {
    const Dialect dialect = std::array{Dialect::kPostgres, Dialect::kMysql,
                                       Dialect::kSqlite}[static_cast<size_t>(round) % 3];
    std::vector<std::string> tokens = common;
    const auto& more = dialect == Dialect::kPostgres ? postgres
                       : dialect == Dialect::kMysql  ? mysql
                                                     : sqlite;
    tokens.insert(tokens.end(), more.begin(), more.end());
    std::vector<std::string> expected;
    std::string script;
    const size_t statements = random() % 6;
    for (size_t i = 0; i < statements; ++i) {
      std::string statement = "UPDATE";
      for (size_t left = random() % 20; left > 0; --left) {
        absl::StrAppend(&statement, " ", tokens[random() % tokens.size()]);
      }
      absl::StrAppend(&statement, " z");
      absl::StrAppend(&script, random() % 2 == 0 ? "\n" : "/*;*/ ", statement, " ;");
      expected.push_back(statement);
    }
    SplitterOptions options;
    options.dialect = dialect;
    const SplitScriptResult result = SplitScript(options, script, random() % 100 + 1);
    ASSERT_THAT(result.status, IsOk()) << script;
    ASSERT_THAT(result.statements(), ElementsAreArray(expected)) << script;
    ASSERT_EQ(absl::StrJoin(result.raws, ""), script);
  }
}

SplitterOptions Mysql(Charset charset) {
  SplitterOptions options;
  options.charset = charset;
  return options;
}

TEST(SplitterTest, FollowsCharacterSetsWhoseSecondByteMayBeAQuoteOrABackslash) {
  struct Case {
    Charset charset;
    std::string character;
  };
  const std::vector<Case> cases = {{Charset::kGbk, "\xB5\x5C"},
                                   {Charset::kBig5, "\xB3\x5C"},
                                   {Charset::kSjis, "\x83\x5C"},
                                   {Charset::kGb18030, "\xFD\x5C"}};
  for (const Case& c : cases) {
    const std::string script = absl::StrCat("SELECT '", c.character, "';SELECT 2;");
    EXPECT_THAT(Split(Dialect::kMysql, script, Mysql(c.charset)).statements(),
                ElementsAre(absl::StrCat("SELECT '", c.character, "'"), "SELECT 2"));
    EXPECT_THAT(Split(Dialect::kMysql, script).status, Not(IsOk()));
    // Outside of strings, and in names.
    const std::string names = absl::StrCat("SELECT ", c.character, " FROM `", c.character, "`;;");
    EXPECT_THAT(Split(Dialect::kMysql, names, Mysql(c.charset)).statements(), SizeIs(1));
  }
  // A backtick as the second byte.
  EXPECT_THAT(
      Split(Dialect::kMysql, "SELECT `\xB5\x60;`;SELECT 2", Mysql(Charset::kGbk)).statements(),
      ElementsAre("SELECT `\xB5\x60;`", "SELECT 2"));
  // A byte that begins no character stands for itself; one byte is escaped.
  EXPECT_THAT(Split(Dialect::kMysql, "SELECT '\xB5';SELECT '\\\xB5\\';';", Mysql(Charset::kGbk))
                  .statements(),
              ElementsAre("SELECT '\xB5'", "SELECT '\\\xB5\\';'"));
  EXPECT_THAT(Split(Dialect::kMysql, "SELECT '\x81\x30\x81\x30\\';';", Mysql(Charset::kGb18030))
                  .statements(),
              SizeIs(1));
}

TEST(SplitterTest, KnowsCharacterSetsByTheirNames) {
  EXPECT_EQ(CharsetOf("GBK"), Charset::kGbk);
  EXPECT_EQ(CharsetOf("cp932"), Charset::kSjis);
  EXPECT_EQ(CharsetOf("gb18030"), Charset::kGb18030);
  EXPECT_EQ(CharsetOf("utf8mb4"), Charset::kPlain);
  EXPECT_EQ(CharsetOf("gb2312"), Charset::kPlain);
}

SplitterOptions Recorded() {
  SplitterOptions options;
  options.recorded_lengths = true;
  return options;
}

TEST(SplitterTest, TakesAStatementOfARecordedLengthAsItIs) {
  const std::string body = "SELECT 'C:\\' , ' ;;\nDELIMITER ;\n GRANT;\n -- x \n";
  const std::string script =
      absl::StrCat("SELECT 1;\n-- p\n\\C gbk\n-- siphon: statement of ", body.size(),
                   " bytes\nDELIMITER ;;\n", body, "\n;;\nDELIMITER ;\nSELECT 2;");
  const SplitScriptResult result = Split(Dialect::kMysql, script, Recorded());
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.statements(), ElementsAre("SELECT 1", body, "SELECT 2"));
  EXPECT_THAT(result.ends, ElementsAre(End::kDelimiter, End::kDirective, End::kDirective,
                                       End::kCounted, End::kDirective, End::kDelimiter));
  // Not where lengths are not recorded.
  EXPECT_THAT(Split(Dialect::kMysql, script).statements(), Not(Contains(body)));
}

TEST(SplitterTest, RefusesALengthThatDoesNotFit) {
  const auto script = [](int length) {
    return absl::StrCat("-- siphon: statement of ", length,
                        " bytes\nDELIMITER ;;\nSELECT 1\n;;\nDELIMITER ;\n");
  };
  EXPECT_THAT(Split(Dialect::kMysql, script(8), Recorded()).statements(), ElementsAre("SELECT 1"));
  for (const int length : {0, 7, 9, 20}) {
    const SplitScriptResult result = Split(Dialect::kMysql, script(length), Recorded());
    EXPECT_TRUE(errs::Is(result.status, errs::kInvalidArgument)) << length;
    EXPECT_THAT(result.status.message(), HasSubstr("recorded length"));
  }
  EXPECT_THAT(Split(Dialect::kMysql, script(9999), Recorded()).status.message(),
              HasSubstr("is never closed"));
}

TEST(SplitterTest, HonoursARecordedLengthOnlyBetweenStatementsAndBeforeADelimiter) {
  const std::string mark = "-- siphon: statement of 3 bytes\n";
  for (const std::string& script :
       {"SELECT 1\n" + mark + "DELIMITER ;;\n;", "SELECT '" + mark + "DELIMITER ;;\n';",
        "/* " + mark + "DELIMITER ;;\n */ SELECT 1;", "# " + mark + "SELECT 1;", mark + "SELECT 1;",
        mark + "\nSELECT 1;",
        std::string("-- siphon: statement of 9999999999999 bytes\nSELECT 1;")}) {
    const SplitScriptResult result = Split(Dialect::kMysql, script, Recorded());
    EXPECT_THAT(result.status, IsOk()) << script;
    EXPECT_THAT(result.ends, Not(Contains(End::kCounted))) << script;
    EXPECT_THAT(result.statements(), SizeIs(1)) << script;
  }
}

TEST(Postgres, SkipsTheRestrictionsOfADump) {
  const std::string key(70, 'k');
  const SplitScriptResult result =
      Split(Dialect::kPostgres, absl::StrCat("--\n-- PostgreSQL database dump\n--\n\n\\restrict ",
                                             key, "\n\nSET a = 0;\nSELECT 1;\n\\unrestrict ", key,
                                             "\r\n\\restrict\n\\unrestrict x"));
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.statements(), ElementsAre("SET a = 0", "SELECT 1"));
  EXPECT_THAT(Split(Dialect::kPostgres, "SELECT 1 \\restrict x\n").status.message(),
              HasSubstr("psql command \\restrict"));
  EXPECT_THAT(Split(Dialect::kPostgres, "\\restricted x\n").status.message(),
              HasSubstr("psql command \\restricted"));
}

// Statements of MySQL and MariaDB with ";" in their bodies.
const std::vector<std::string>& CompoundStatements() {
  static const auto* const statements = new std::vector<std::string>{
      "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END",
      "create or replace definer = `a;b`@localhost procedure if not exists db.p (in a int, b "
      "decimal(1,2)) comment 'x; begin' sql security invoker begin end",
      "CREATE DEFINER=CURRENT_USER() FUNCTION f(a SET('x','y')) RETURNS SET('a','b') CHARACTER SET "
      "utf8mb4 NO SQL BEGIN RETURN 'a'; END",
      "CREATE FUNCTION f(a int) RETURNS int DETERMINISTIC RETURN CASE a WHEN 1 THEN 2 END",
      "CREATE PROCEDURE p() l: BEGIN l2 : LOOP LEAVE l2; END LOOP l2; END l",
      "CREATE PROCEDURE p() IF 1 THEN SELECT 1; ELSEIF 2 THEN SELECT 2; ELSE SELECT 3; END IF",
      "CREATE PROCEDURE p() BEGIN DECLARE a, b int; DECLARE c CURSOR FOR SELECT 1; DECLARE EXIT "
      "HANDLER FOR SQLSTATE '23000', NOT FOUND BEGIN ROLLBACK; END; DECLARE CONTINUE HANDLER FOR "
      "1062 SET a = 1; DECLARE EXIT HANDLER FOR SQLEXCEPTION IF a THEN SELECT 1; END IF; END",
      "CREATE PROCEDURE p() BEGIN WHILE a < (SELECT CASE WHEN a THEN 1 ELSE 2 END) DO SET a = a + "
      "1; END WHILE; REPEAT SET a = REPEAT('x', 3); UNTIL a = end OR t.end END REPEAT; END",
      "CREATE PROCEDURE p() BEGIN CASE a WHEN CASE 1 WHEN 2 THEN 3 END THEN SELECT 1; ELSE BEGIN "
      "END; END CASE; CASE WHEN a THEN SELECT 1; END CASE; END",
      "CREATE PROCEDURE p() BEGIN SELECT begin, end, IF(a, b, c), t.end AS end FROM t; INSERT INTO "
      "t (begin, end) VALUES (1, 2); DROP TABLE IF EXISTS u; CREATE TABLE IF NOT EXISTS u (a int); "
      "SELECT CASE WHEN end > 1 THEN end ELSE (SELECT b AS end FROM t) END; SET @end = 1; END",
      "CREATE PROCEDURE p() BEGIN /* END; */ -- END;\n # END;\n SELECT 'END;', \"END;\", `END;`; "
      "END",
      "CREATE PROCEDURE p() BEGIN IF a THEN BEGIN DO 1; END; END IF; DO CASE 1 WHEN 1 THEN 1 END; "
      "END",
      "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW FOLLOWS begin BEGIN SET NEW.a = 1; END",
      "CREATE TRIGGER IF NOT EXISTS g AFTER UPDATE ON t FOR EACH ROW SET @x = NEW.end",
      "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01' ON COMPLETION PRESERVE COMMENT "
      "'do' DO BEGIN DELETE FROM t; DELETE FROM u; END",
      "CREATE EVENT e ON SCHEDULE AT now() DO DELETE FROM t",
      "ALTER DEFINER = a@b EVENT e DO BEGIN DO 1; DO 2; END",
      "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER g BEFORE INSERT ON t FOR EACH "
      "ROW BEGIN SET NEW.a = 1; SET NEW.b = 2; END */",
      "/*!50003 CREATE*/ /*!50003 PROCEDURE p() */ BEGIN SELECT 1; END",
      "BEGIN NOT ATOMIC DECLARE a int; IF a THEN SELECT 1; END IF; END",
      "FOR i IN 1..10 DO INSERT INTO t VALUES (i); FOR r IN (SELECT 1) DO DO 1; END FOR; END FOR",
      "IF (SELECT 1) THEN SELECT 1; END IF",
      absl::StrCat("CREATE PROCEDURE p() BEGIN SELECT ", std::string(200, 'x'), "; END"),
      // MariaDB's packages, with and without Oracle's syntax.
      "CREATE OR REPLACE DEFINER=`a`@`b` PACKAGE IF NOT EXISTS db.k COMMENT 'x; as' SQL SECURITY "
      "INVOKER AS a int := 5; TYPE r IS RECORD (b int); PROCEDURE p; FUNCTION f(x int) RETURN "
      "int; END",
      "CREATE PACKAGE BODY k AS v int; CURSOR c IS SELECT 1; PROCEDURE p; FUNCTION f(x int) RETURN "
      "SET('a') IS y int; BEGIN IF x THEN RETURN 1; ELSIF y THEN NULL; END IF; RETURN 2; END f; "
      "PROCEDURE p AS BEGIN NULL; EXCEPTION WHEN NO_DATA_FOUND THEN BEGIN NULL; END; NULL; WHEN "
      "OTHERS THEN IF v THEN NULL; END IF; END; BEGIN v := f(1); v := CASE v WHEN 1 THEN 2 END; "
      "END k",
      "CREATE PACKAGE k PROCEDURE p(); FUNCTION f() RETURNS int; END",
      "CREATE PACKAGE BODY k DECLARE v int DEFAULT 1; PROCEDURE p() BEGIN SELECT 1; END; FUNCTION "
      "f() RETURNS int RETURN 1; PROCEDURE q() IF 1 THEN SELECT 1; END IF; SET v = 2; END",
      // MariaDB's routines and blocks with sql_mode=ORACLE.
      "CREATE PROCEDURE p AS BEGIN NULL; NULL; END",
      "CREATE PROCEDURE p IS a int; b varchar(9) := 'x;'; BEGIN a := 1; END p",
      "CREATE FUNCTION f(a IN int) RETURN varchar(20) DETERMINISTIC AS BEGIN RETURN 'x'; END",
      "CREATE FUNCTION f RETURN int AS a t.b%TYPE; BEGIN RETURN a; END",
      "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW DECLARE a int; BEGIN :NEW.x := a; END",
      "CREATE PROCEDURE p AS BEGIN <<outer_one>> LOOP <<`b`>> FOR i IN 1 .. 3 LOOP EXIT outer_one "
      "WHEN i > 2; END LOOP b; WHILE a < 3 LOOP a := a << 1; END LOOP; END LOOP; DECLARE c int; "
      "BEGIN NULL; END; END",
      "DECLARE a int := 1; BEGIN INSERT INTO t VALUES (a); END",
      "BEGIN INSERT INTO t VALUES (1); IF 1 THEN NULL; END IF; END",
  };
  return *statements;
}

TEST(CompoundBodies, AreOneStatementWithoutDelimiter) {
  SplitterOptions options;
  options.compound_bodies = true;
  ExpectOneEach(Dialect::kMysql, CompoundStatements(), options);
  ExpectOneEach(Dialect::kMariadb, CompoundStatements(), options);
}

TEST(CompoundBodies, AreNotFoundInOtherStatements) {
  SplitterOptions options;
  options.compound_bodies = true;
  ExpectOneEach(Dialect::kMysql,
                {"BEGIN",
                 "BEGIN WORK",
                 "CREATE TABLE begin (begin int, `case` int)",
                 "CREATE TABLE IF NOT EXISTS t (a int)",
                 "ALTER TABLE t ADD begin int",
                 "CREATE VIEW v AS SELECT CASE WHEN 1 THEN 2 END AS begin FROM t",
                 "CREATE DEFINER = a@b SQL SECURITY DEFINER VIEW v AS SELECT IF(1, 2, 3)",
                 "CREATE FUNCTION f RETURNS STRING SONAME 'begin.so'",
                 "ALTER PROCEDURE p COMMENT 'begin'",
                 "ALTER EVENT e ENABLE",
                 "CREATE PROCEDURE p() SELECT 1",
                 "CREATE FUNCTION f() RETURNS int RETURN IF(1, 2, 3)",
                 "CREATE PROCEDURE p() CREATE TABLE IF NOT EXISTS t (begin int)",
                 "CREATE FUNCTION f(a int) RETURNS int LANGUAGE JAVASCRIPT AS 'return a + 1'",
                 "CREATE FUNCTION f(a int) RETURNS int LANGUAGE JAVASCRIPT AS $$ return a + 1 $$",
                 "CREATE PROCEDURE p() SELECT 1 AS begin",
                 "DROP PACKAGE k",
                 "DROP PACKAGE BODY k",
                 "BEGIN NOT",
                 "/*!40101 SET NAMES utf8 */",
                 "SELECT 1",
                 "CALL p()"},
                options);
  // The client's own delimiter stands.
  EXPECT_THAT(Split(Dialect::kMysql,
                    "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\nCREATE "
                    "PROCEDURE q() BEGIN SELECT 1; END; SELECT 2",
                    options)
                  .statements(),
              ElementsAre("CREATE PROCEDURE p() BEGIN SELECT 1; END",
                          "CREATE PROCEDURE q() BEGIN SELECT 1; END", "SELECT 2"));
  // As the mysql client, without the option.
  EXPECT_THAT(Split(Dialect::kMysql, "CREATE PROCEDURE p() BEGIN SELECT 1; END").statements(),
              ElementsAre("CREATE PROCEDURE p() BEGIN SELECT 1", "END"));
}

}  // namespace
}  // namespace siphon::sql
