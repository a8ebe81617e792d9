// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/secrets.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Dialect kAll[] = {Dialect::kPostgres, Dialect::kMysql, Dialect::kMariadb,
                            Dialect::kSqlite};

std::string Postgres(std::string_view sql) { return HideLiterals(Dialect::kPostgres, sql); }
std::string Mysql(std::string_view sql) { return HideLiterals(Dialect::kMysql, sql); }

TEST(HideLiteralsTest, StringsOfPostgresqlLoseTheirContent) {
  EXPECT_EQ(Postgres("ALTER ROLE \"a b\" PASSWORD 'SCRAM-SHA-256$4096:c2E=$a=:b='"),
            "ALTER ROLE \"a b\" PASSWORD '...'");
  EXPECT_EQ(Postgres("SELECT 'it''s', E'a\\'b', U&'d\\0061t', B'01', x'1F', N'n', 1.5, $1"),
            "SELECT '...', E'...', U&'...', B'...', x'...', N'...', 1.5, $1");
  EXPECT_EQ(Postgres("DO $a$ BEGIN PERFORM $b$ x $b$, $$y$$; END $a$ LANGUAGE plpgsql"),
            "DO '...' LANGUAGE plpgsql");
  EXPECT_EQ(Postgres("SELECT a$b$c, d FROM t"), "SELECT a$b$c, d FROM t");
  EXPECT_EQ(Postgres("SELECT 1 -- it's 'secret'\n, 2 /* it's /* nested */ secret */ + 3"),
            "SELECT 1  \n, 2   + 3");
}

TEST(HideLiteralsTest, StringsOfMysqlLoseTheirContent) {
  EXPECT_EQ(Mysql("CREATE USER `a` IDENTIFIED WITH x AS 0x24412430 REQUIRE NONE"),
            "CREATE USER `a` IDENTIFIED WITH x AS 0x... REQUIRE NONE");
  EXPECT_EQ(Mysql("CREATE USER \"u\"@'h' IDENTIFIED BY \"p\", _utf8mb4'x', x'AB'"),
            "CREATE USER \"...\"@'...' IDENTIFIED BY \"...\", _utf8mb4'...', x'...'");
  EXPECT_EQ(Mysql("SELECT 5--'a'\n, 6 -- it's\n, 7 # it's\n, `b`"),
            "SELECT 5--'...'\n, 6  \n, 7  \n, `b`");
  EXPECT_EQ(Mysql("/*!50003 CREATE*/ /*!50017 DEFINER='a'@'b'*/ PROCEDURE p() SELECT 'x'"),
            "/*!50003 CREATE*/ /*!50017 DEFINER='...'@'...'*/ PROCEDURE p() SELECT '...'");
}

// Where the reader cannot know what the server sees, nothing that follows is shown.
TEST(HideLiteralsTest, NothingFollowsAStringWhoseEndIsUnknown) {
  // The end depends on standard_conforming_strings or NO_BACKSLASH_ESCAPES.
  EXPECT_EQ(Postgres("SELECT 'a\\' , 'secret'"), "SELECT '...'");
  EXPECT_EQ(Mysql("SELECT 'a\\' , 'secret'"), "SELECT '...'");
  EXPECT_EQ(Mysql("SELECT \"a\\\" , \"secret\""), "SELECT \"...\"");
  // A server that does not read the comment sees a string.
  EXPECT_EQ(Mysql("/*!99999 it's */ PASSWORD 'secret'"), " ");
  EXPECT_EQ(Mysql("/*!40000 a /* b */ secret */ 'c'"), " ");
  EXPECT_EQ(Mysql("SELECT /* a /* b */ 'secret' */"), "SELECT  ");
  // An excerpt that begins in a name.
  EXPECT_EQ(Postgres("le\" PASSWORD 'secret'"), "le\"...\"");
  EXPECT_EQ(Postgres("le\" PASSWORD 'secret' \"b\""), "le\"...\"b\"...\"");
}

TEST(HideLiteralsTest, LiteralsThatAreCutOffAreHidden) {
  EXPECT_EQ(Postgres("ALTER ROLE x PASSWORD 'secr"), "ALTER ROLE x PASSWORD '...'");
  EXPECT_EQ(Postgres("ALTER ROLE x PASSWORD '"), "ALTER ROLE x PASSWORD '...'");
  EXPECT_EQ(Postgres("DO $tag$secret $ta"), "DO '...'");
  EXPECT_EQ(Postgres("DO $tag$secret $tag2$ more"), "DO '...'");
  EXPECT_EQ(Postgres("SELECT /* secret"), "SELECT  ");
  EXPECT_EQ(Mysql("SET PASSWORD = \"secr"), "SET PASSWORD = \"...\"");
}

// Forms of a secret without quotes, which servers refuse and quote.
const std::vector<std::string>& BareOfPostgres() {
  static const std::vector<std::string>* const statements =
      new std::vector<std::string>{"ALTER USER x PASSWORD hunter2",
                                   "alter user x with encrypted password hunter2hunter2",
                                   "ALTER USER x /* PASSWORD */ PASSWORD /* x */ hunter2",
                                   "alter user x -- c\n password\n hunter2",
                                   "ALTER USER x PASSWORD \"hunter2\"",
                                   "ALTER USER x PASSWORD U&\"hunter2\"",
                                   "ALTER USER x PASSWORD $hunter2",
                                   "ALTER USER x PASSWORD :hunter2",
                                   "ALTER USER x PASSWORD `hunter2`",
                                   "ALTER USER x PASSWORD 12hunter2",
                                   "ALTER USER x PASSWORD \u2018hunter2\u2019",
                                   "ALTER USER x PASSWORD\u00a0hunter2",
                                   "ALTER USER x PASSWORD = hunter2",
                                   "ALTER USER x PASSWORD hunter hunter2",
                                   "ALTER USER x PASSWORD myhunter2password",
                                   "ALTER USER x PASSWORD @!hunter2, y",
                                   "ALTER USER x PASSWORD ''hunter2''",
                                   "ALTER USER x PASSWORD 'a'hunter2",
                                   "ALTER USER x PASSWORD \\'hunter2\\'",
                                   "SET my.secret = hunter2-y",
                                   "SET my.password TO hunter2",
                                   "CREATE SERVER s OPTIONS (user 'a', password hunter2)",
                                   "ALTER USER x PASSWORD text-hunter2",
                                   "ALTER USER x PASSWORD text hunter2",
                                   "create role x login password json hunter2",
                                   "ALTER USER x PASSWORD hunter text hunter2",
                                   "ALTER USER x PASSWORD ***hunter2"};
  return *statements;
}

const std::vector<std::string>& BareOfMysql() {
  static const std::vector<std::string>* const statements = new std::vector<std::string>{
      "ALTER USER x IDENTIFIED BY hunter2",
      "CREATE USER x iDeNtIfIeD  bY\n hunter2",
      "CREATE USER x IDENTIFIED /* a */ BY /* b */ hunter2",
      "CREATE USER x IDENTIFIED # by\n BY -- b\n hunter2",
      "CREATE USER x /*!50000 IDENTIFIED BY hunter2*/",
      "CREATE USER x /*M!100000 IDENTIFIED BY hunter2 */",
      "CREATE USER x IDENTIFIED /*!50000 BY */ hunter2",
      "CREATE USER x IDENTIFIED BY /*!50000 hunter2 */",
      "CREATE USER x IDENTIFIED BY `hunter2` foo",
      "CREATE USER x IDENTIFIED BY hunter text hunter2",
      "CREATE USER x IDENTIFIED BY PASSWORD hunter2",
      "CREATE USER x IDENTIFIED BY rootpassword_hunter2",
      "CREATE USER x IDENTIFIED WITH mysql_native_password AS hunter2",
      "CREATE USER x IDENTIFIED WITH mysql_native_password BY hunter2 REPLACE hunter2",
      "CREATE USER x IDENTIFIED VIA ed25519 USING hunter2",
      "CREATE USER x IDENTIFIED VIA ed25519 USING PASSWORD(hunter2)",
      "CREATE USER x IDENTIFIED VIA a USING 'b' OR c AS hunter2",
      "SET PASSWORD FOR root = hunter2",
      "SET PASSWORD FOR 'root'@`h` = PASSWORD(hunter2)",
      "SET PASSWORD = PASSWORD(hunter2",
      "SET PASSWORD = OLD_PASSWORD ( hunter2 )",
      "SET PASSWORD FOR root TO hunter2",
      "CHANGE MASTER TO MASTER_USER='a', MASTER_PASSWORD=hunter2",
      "CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD = hunter2, SOURCE_PORT = 1",
      "CREATE SERVER s OPTIONS(PASSWORD hunter2)",
      "GRANT ALL ON *.* TO x IDENTIFIED BY hunter2",
      "CREATE USER x IDENTIFIED BY _utf8mb4'hunter2'",
      "CREATE USER x IDENTIFIED BY ''hunter2''",
      "CREATE USER x IDENTIFIED BY \u2018hunter2\u2019"};
  return *statements;
}

TEST(HideLiteralsTest, SecretsWithoutQuotesAreHidden) {
  for (const std::string& sql : BareOfPostgres())
    EXPECT_THAT(Postgres(sql), Not(HasSubstr("hunter")));
  for (const std::string& sql : BareOfMysql()) EXPECT_THAT(Mysql(sql), Not(HasSubstr("hunter")));
  EXPECT_EQ(Postgres("ALTER USER x PASSWORD a b VALID UNTIL 'z'; SELECT c"),
            "ALTER USER x PASSWORD '...' VALID UNTIL '...'; SELECT c");
  EXPECT_EQ(Mysql("SET PASSWORD FOR root = PASSWORD(a); SELECT b"),
            "SET PASSWORD FOR root = PASSWORD('...'); SELECT b");
  EXPECT_EQ(Mysql("CREATE USER x IDENTIFIED WITH p AS a REQUIRE SSL"),
            "CREATE USER x IDENTIFIED WITH p AS '...' REQUIRE SSL");
}

TEST(HideLiteralsTest, WordsThatAreNoSecretStay) {
  for (const std::string_view sql :
       {"ALTER USER x PASSWORD NULL", "ALTER USER x PASSWORD '...' VALID UNTIL '...'",
        "CREATE TABLE u (password text NOT NULL, password varchar(20))",
        "SELECT a, password FROM u ORDER BY password DESC",
        "ALTER TABLE u DROP password, ADD b int", "ALTER TABLE u RENAME COLUMN password TO passwd",
        "INSERT INTO u (password) VALUES (b)", "SELECT password IS NULL, password || c FROM u",
        "ALTER TABLE role ADD password text, ADD c int", "SELECT identified FROM u GROUP BY a"}) {
    EXPECT_EQ(Postgres(sql), sql);
  }
  for (const std::string_view sql :
       {"ALTER USER x PASSWORD EXPIRE INTERVAL 90 DAY PASSWORD HISTORY 5",
        "ALTER USER x PASSWORD REUSE INTERVAL 5 DAY PASSWORD REQUIRE CURRENT",
        "CREATE USER x IDENTIFIED BY RANDOM PASSWORD", "CREATE USER x IDENTIFIED WITH p",
        "CREATE USER x IDENTIFIED BY '...' RETAIN CURRENT PASSWORD", "SELECT a AS b FROM c"}) {
    EXPECT_EQ(Mysql(sql), sql);
  }
  EXPECT_EQ(HideLiterals(Dialect::kSqlite, "CREATE TABLE password (a)"),
            "CREATE TABLE password (a)");
}

TEST(HideLiteralsTest, NulAndInvalidUtf8AreBytesLikeOthers) {
  EXPECT_EQ(Postgres(std::string_view("a\0b '\0\xff\x80' \xc3", 11)),
            std::string_view("a\0b '...' \xc3", 11));
}

TEST(HideLiteralsTest, HidingAgainChangesNothing) {
  for (const Dialect dialect : kAll) {
    for (const std::string_view sql :
         {"A 'b' \"c'd\" `e` $t$f$t$ 0xAB -- g\n/*h*/ U&'i'", "password=a password 'b' md5",
          "x://u:p@h 'a\\'b' c", "/*!1 'a' */ b", "PASSWORD a-b c /*!50000 x*/, d",
          "PASSWORD 'a'b -- c\n, d", "IDENTIFIED BY /*!50000 a*/ b", "PASSWORD (a b) = c",
          "SET PASSWORD = PASSWORD(a)", "x IDENTIFIED WITH p AS 0xAB y", "password = null a",
          "password = password a", "IDENTIFIED BY ***a"}) {
      const std::string once = HideLiterals(dialect, sql);
      EXPECT_EQ(HideLiterals(dialect, once), once);
    }
  }
}

TEST(HidePatternsTest, StoredPasswordsAreHidden) {
  EXPECT_EQ(HidePatterns("role a has SCRAM-SHA-256$4096:sal/t+==$stored=:server= now"),
            "role a has SCRAM-SHA-256$*** now");
  EXPECT_EQ(HidePatterns("md50123456789abcdef0123456789abcdef, md5sum"), "md5***, md5sum");
  EXPECT_EQ(HidePatterns("hash *0123456789ABCDEF0123456789ABCDEF01234567."), "hash ***.");
  EXPECT_EQ(HidePatterns("hash $A$005$\x01\x02 't' x"), "hash $A$005$***");
}

TEST(HidePatternsTest, PasswordsInUrlsAndConnectionStringsAreHidden) {
  EXPECT_EQ(HidePatterns("to mysql://u:p@ss/w:d@db/x failed"), "to mysql://u:***@db/x failed");
  EXPECT_EQ(HidePatterns("see https://example.org:80/a"), "see https://example.org:80/a");
  EXPECT_EQ(HidePatterns("host=db password=p&q user=a"), "host=db password=***&q user=a");
  EXPECT_EQ(HidePatterns("host=db PassWord = 'p q\\'r' user=a"), "host=db PassWord = '***'");
  EXPECT_EQ(HidePatterns("MASTER_PASSWORD='p', sslpassword=q"),
            "MASTER_PASSWORD='***', sslpassword=***");
  EXPECT_EQ(HidePatterns("IDENTIFIED  by 'p' x; PASSWORD \"q\""),
            "IDENTIFIED  by '***' x; PASSWORD \"***\"");
  EXPECT_EQ(HidePatterns("(using password: YES), password expired"),
            "(using password: YES), password expired");
}

TEST(HideSecretsTest, ExcerptsInPostgresqlMessagesEndBeforeTheFirstString) {
  const auto hide = [](std::string_view text) { return HideSecrets(Dialect::kPostgres, text); };
  EXPECT_EQ(hide("syntax error at or near \"'secret'\""), "syntax error at or near \"'...");
  EXPECT_EQ(hide("syntax error at or near \"FROM\""), "syntax error at or near \"FROM\"");
  EXPECT_EQ(hide("unterminated quoted string at or near \"E'secret\nmore"),
            "unterminated quoted string at or near \"E'...");
  EXPECT_EQ(hide("unterminated dollar-quoted string at or near \"$x$secret"),
            "unterminated dollar-quoted string at or near \"'...");
  EXPECT_EQ(hide("erreur de syntaxe sur ou près de « 'secret' »"),
            "erreur de syntaxe sur ou près de « '...");
  EXPECT_EQ(hide("Syntaxfehler bei „'secret'“"), "Syntaxfehler bei „'...");
  EXPECT_EQ(hide("relation \"it's\" doesn't exist"), "relation \"it's\" doesn't exist");
  EXPECT_EQ(hide("l'extension « x » n'est pas disponible"),
            "l'extension « x » n'est pas disponible");
  EXPECT_EQ(
      hide("invalid connection string syntax: missing \"=\" after \"secret\" in connection info "
           "string\n"),
      "invalid connection string syntax: missing \"...\" in connection info string\n");
}

TEST(HideSecretsTest, ExcerptsInMysqlMessagesEndBeforeTheFirstString) {
  const auto hide = [](std::string_view text) { return HideSecrets(Dialect::kMysql, text); };
  EXPECT_EQ(hide("You have an error; use near 'BYY 'secret' x' at line 1"),
            "You have an error; use near 'BYY '...' at line 1");
  EXPECT_EQ(hide("use near ''secret' REQUIRE' at line 1"), "use near ''...' at line 1");
  EXPECT_EQ(hide("use near 'AS \"secret\"' at line 1"), "use near 'AS '...' at line 1");
  EXPECT_EQ(hide("use near 'AS 0x736563' at line 1"), "use near 'AS '...' at line 1");
  EXPECT_EQ(hide("use near 'FROM t' at line 1"), "use near 'FROM t' at line 1");
  EXPECT_EQ(hide("use near '' at line 1"), "use near '' at line 1");
  EXPECT_EQ(hide("Unknown column 'x' in 'field list'"), "Unknown column 'x' in 'field list'");
  EXPECT_EQ(hide("The data source connection string 'mysql//u:secret@h' is not in the correct "
                 "format"),
            "The data source connection string '...' is not in the correct format");
  EXPECT_EQ(hide("ERROR 1064 (42000) at line 3: Erreur de syntaxe à 'x 'secret'' ligne 1"),
            "ERROR 1064 (42000) at line 3: Erreur de syntaxe à 'x '...");
}

TEST(HideSecretsOfTest, ExcerptsFromAStatementWithASecretAreLeftOut) {
  for (const std::string& sql : BareOfPostgres()) {
    const std::string doubled = absl::StrReplaceAll(sql, {{"'", "''"}});
    for (const std::string& statement : {sql, absl::StrCat("DO $$ BEGIN ", sql, "; END $$"),
                                         absl::StrCat("SELECT '", doubled, "'")}) {
      EXPECT_EQ(HideSecretsOf(Dialect::kPostgres, statement, "syntax error at or near \"hunter2\""),
                "syntax error at or near \"...\"")
          << statement;
    }
  }
  for (const std::string& sql : BareOfMysql()) {
    EXPECT_EQ(HideSecretsOf(Dialect::kMysql, sql, "use near 'hunter2' x' at line 1 (1064)"),
              "use near '...' at line 1 (1064)")
        << sql;
    EXPECT_EQ(
        HideSecretsOf(Dialect::kMariadb, sql, "Erreur de syntaxe pr\u00e8s de 'hunter2' (1064)"),
        "Erreur de syntaxe pr\u00e8s de '...' (1064)");
  }
  EXPECT_EQ(HideSecretsOf(Dialect::kMysql, "SET PASSWORD = PASSWORD(Hunter2)",
                          "Unknown column 'hunter2' in 'field list'"),
            "Unknown column '...' in 'field list'");
  EXPECT_EQ(HideSecretsOf(Dialect::kPostgres, "ALTER USER x PASSWORD hunter2",
                          "Syntaxfehler bei \u00bbhunter2\u00ab"),
            "Syntaxfehler bei \u00bb...\u00ab");
  // Nothing after an unclear string is known.
  EXPECT_EQ(HideSecretsOf(Dialect::kMysql, "SELECT 'a\\'; SET PASSWORD = hunter2",
                          "use near 'hunter2' at line 1 (1064)"),
            "use near '...' at line 1 (1064)");
}

TEST(HideSecretsOfTest, OtherMessagesStay) {
  for (const auto& [sql, message] : std::vector<std::pair<std::string, std::string>>{
           {"SELEC 1", "syntax error at or near \"SELEC\""},
           {"ALTER USER x PASSWORD 'a' FOO", "syntax error at or near \"FOO\""},
           {"ALTER TABLE u ADD password citext", "type \"citext\" does not exist"},
           {"CREATE TABLE u (password nosuch)", "type \"nosuch\" does not exist"}}) {
    EXPECT_EQ(HideSecretsOf(Dialect::kPostgres, sql, message), message);
  }
  EXPECT_EQ(HideSecretsOf(Dialect::kMysql, "CREATE USER x IDENTIFIED BY 'a' FOO",
                          "use near 'FOO' at line 1 (1064)"),
            "use near 'FOO' at line 1 (1064)");
}

// The lines as ToolOutput shows them.
std::string Shown(Dialect dialect, std::string_view text) {
  ToolOutput output(dialect);
  std::vector<std::string> lines;
  for (const std::string_view line : absl::StrSplit(text, '\n')) {
    const std::string shown = output.Line(line);
    if (!shown.empty()) lines.push_back(shown);
  }
  return absl::StrJoin(lines, "\n");
}

TEST(ToolOutputTest, StatementsOfPgRestoreKeepTheirFirstLineWithoutStrings) {
  EXPECT_EQ(Shown(Dialect::kPostgres,
                  "pg_restore: error: could not execute query: ERROR:  role \"a\" is bad\n"
                  "CONTEXT:  SQL statement \"ALTER ROLE a\n"
                  "PASSWORD 'secret'\"\n"
                  "PL/pgSQL function inline_code_block line 3 at SQL statement\n"
                  "Command was: ALTER ROLE a PASSWORD 'secret\n"
                  "HINT: still secret\n"
                  "secret'; DO $$secret$$\n"
                  "pg_restore: finished"),
            "pg_restore: error: could not execute query: ERROR:  role \"a\" is bad\n"
            "CONTEXT:  SQL statement \"ALTER ROLE a\n"
            "Command was: ALTER ROLE a PASSWORD '...'\n"
            "pg_restore: finished");
}

TEST(ToolOutputTest, ExcerptsOfLinesEndBeforeTheFirstString) {
  EXPECT_EQ(Shown(Dialect::kPostgres,
                  "pg_restore: error: could not execute query: ERROR:  syntax error at or near "
                  "\"'secret\nsecret'\"\n"
                  "LINE 1: ALTER ROLE a PASSWORT 'secret'\n"
                  "                              ^\n"
                  "HINT:  none\n"
                  "LINE 7: ...ret' PASSWORD 'secret'\n"
                  "pg_restore: detail: Command was: CREATE SUBSCRIPTION s CONNECTION 'secret'"),
            "pg_restore: error: could not execute query: ERROR:  syntax error at or near \"'...\n"
            "LINE 1: ALTER ROLE a PASSWORT '...\n"
            "HINT:  none\n"
            "LINE 7: ...\n"
            "pg_restore: detail: Command was: CREATE SUBSCRIPTION s CONNECTION '...'");
}

TEST(ToolOutputTest, LinesOfAStatementEndBeforeASecretWithoutQuotes) {
  EXPECT_EQ(Shown(Dialect::kPostgres,
                  "LINE 1: ALTER ROLE a PASSWORD hunter2\n"
                  "pg_restore: detail: Command was: ALTER ROLE a PASSWORD hunter2;"),
            "LINE 1: ALTER ROLE a PASSWORD '...\n"
            "pg_restore: detail: Command was: ALTER ROLE a PASSWORD '...';");
}

TEST(ToolOutputTest, ErrorsOfTheMysqlClientShowNoStrings) {
  EXPECT_EQ(Shown(Dialect::kMariadb,
                  "ERROR 1064 (42000) at line 3: You have an error near 'BYY 'sec\n"
                  "ret' x' at line 1\n"
                  "ERROR 1046 (3D000): No database selected"),
            "ERROR 1064 (42000) at line 3: You have an error near 'BYY '...\n"
            "ERROR 1046 (3D000): No database selected");
  EXPECT_EQ(Shown(Dialect::kMariadb, "ERROR 1064 (42000): near 'a\nb 'secret' c' at line 1\nx"),
            "ERROR 1064 (42000): near 'a");
}

}  // namespace
}  // namespace siphon::sql
