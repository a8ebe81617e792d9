// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/migration_replay.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The statements of the first `done` ones that are repeated on another connection; or the error, if
// the script cannot be resumed.
std::vector<std::string> Replayed(const std::string& body, size_t done) {
  migrate::ScriptOptions options;
  options.dialect = sql::Dialect::kMysql;
  const auto script = migrate::ParseScript("1_a.up.sql", body, options);
  if (!script.ok()) return {std::string(script.status().message())};
  const auto again = StatementsToReplay(**script, done);
  if (!again.ok()) return {std::string(again.status().message())};
  return {again->begin(), again->end()};
}

TEST(MigrationReplayTest, GivesAgainWhatSaysHowTheSessionIs) {
  const std::string body =
      "/*!40014 SET @OLD=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */; USE other; CREATE TABLE a "
      "(x int); SET @n = 3; SET PASSWORD = 'x'; SET sql_mode = CONCAT(@@sql_mode, ',ANSI'); INSERT "
      "INTO a VALUES (@n); PREPARE s FROM 'DO 1'; DROP TABLE b;";
  EXPECT_THAT(
      Replayed(body, 3),
      ElementsAre("/*!40014 SET @OLD=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */", "USE other"));
  EXPECT_THAT(Replayed(body, 8),
              ElementsAre(HasSubstr("SET @OLD"), "USE other", "SET @n = 3",
                          "SET sql_mode = CONCAT(@@sql_mode, ',ANSI')", "PREPARE s FROM 'DO 1'"));
  EXPECT_THAT(Replayed(body, 0), IsEmpty());
}

TEST(MigrationReplayTest, RefusesWhatAnotherConnectionDoesNotHave) {
  for (const std::string made :
       {"SET @id = LAST_INSERT_ID()", "SELECT max(x) INTO @y, @id FROM a", "SELECT @id := 5",
        "CALL p(@id)", "CREATE TEMPORARY TABLE `@id` (x int)"}) {
    EXPECT_THAT(Replayed(absl::StrCat(made, "; DROP TABLE a; INSERT INTO b SELECT @id"), 1),
                ElementsAre(HasSubstr("@id was made by an earlier statement")))
        << made;
    EXPECT_THAT(Replayed(absl::StrCat(made, "; DROP TABLE a"), 1), IsEmpty()) << made;
  }
  EXPECT_THAT(Replayed("SET @a = NOW(); SET @a = 1; DO @a", 2), ElementsAre("SET @a = 1"));
  EXPECT_THAT(Replayed("INSERT INTO a VALUES (@b); DROP TABLE c; DO @b", 1), IsEmpty());
}

TEST(MigrationReplayTest, KnowsWhatIsGoneWithTheSession) {
  for (const std::string_view statement : {"SET @a = 1", "/*!40101 SET NAMES utf8 */", "USE a",
                                           "PREPARE s FROM 'DO 1'", "SET SESSION sql_mode = ''"}) {
    EXPECT_TRUE(IsOfTheSession(statement)) << statement;
  }
  for (const std::string_view statement :
       {"SET GLOBAL max_connections = 1", "SET PASSWORD = 'a'", "DO 1", "",
        "SET STATEMENT max_statement_time = 1 FOR DROP TABLE a"}) {
    EXPECT_FALSE(IsOfTheSession(statement)) << statement;
  }
}

TEST(MigrationReplayTest, KnowsByWhatItShowsThatAStatementWasDone) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"CREATE TABLE a (x int)", "a"},
      {"CREATE TABLE IF NOT EXISTS `s`.`a b` LIKE c", "s.a b"},
      {"ALTER TABLE a ADD y int", "a"},
      {"DROP TABLE IF EXISTS a", "a"},
      {"CREATE UNIQUE INDEX i ON a (x)", "a"},
      {"CREATE OR REPLACE VIEW v AS SELECT 1", "v"},
      {"CREATE DEFINER=`u`@`%` PROCEDURE p() DO 1", "p"},
      {"CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @x = 1", "t"},
      {"DROP EVENT e", "e"},
      {"CREATE OR REPLACE TABLE a (x int)", ""},
      {"CREATE TEMPORARY TABLE a (x int)", ""},
      {"DROP TABLE a, b", ""},
      {"ALTER TABLE a EXCHANGE PARTITION p WITH TABLE b", ""},
      {"TRUNCATE a", ""},
      {"CALL p()", ""},
      {"INSERT INTO a VALUES (1)", ""},
      {"CREATE", ""},
  };
  for (const auto& [statement, name] : cases) {
    const auto changed = ChangedBy(statement);
    const std::string seen = !changed.has_value() ? ""
                             : changed->schema.empty()
                                 ? changed->name
                                 : absl::StrCat(changed->schema, ".", changed->name);
    EXPECT_EQ(seen, name) << statement;
  }
  EXPECT_EQ(WithoutCounter("CREATE TABLE a (x int) ENGINE=InnoDB AUTO_INCREMENT=57 CHARSET=x"),
            "CREATE TABLE a (x int) ENGINE=InnoDB CHARSET=x");
  EXPECT_EQ(WithoutCounter("CREATE TABLE a (x int)"), "CREATE TABLE a (x int)");
}

TEST(ErrorOffsetTest, FindsWhatTheServerMeans) {
  const std::string statement = "CREATE TABLE a (\n  x int,\n  y\tinty\n)";
  EXPECT_EQ(ErrorOffset(statement, "... near 'inty )' at line 3 (1064)"), statement.find("inty"));
  EXPECT_EQ(ErrorOffset(statement, "... near '' at line 4 (1064)"), statement.size());
  EXPECT_EQ(ErrorOffset(statement, "... near 'nothing' at line 1 (1064)"), std::nullopt);
  EXPECT_EQ(ErrorOffset(statement, "... near 'x' at line 9 (1064)"), std::nullopt);
  EXPECT_EQ(ErrorOffset(statement, "Table 'a' does not exist (1146)"), std::nullopt);
}

}  // namespace
}  // namespace siphon::mysqlcommon
