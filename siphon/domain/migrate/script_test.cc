// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/script.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "BEGIN: a | b" for a group with a transaction, "a" for one without.
std::vector<std::string> Groups(const std::string& body, ScriptOptions options = {}) {
  const auto script = ParseScript("1_a.up.sql", body, options);
  if (!script.ok()) return {std::string(script.status().message())};
  std::vector<std::string> groups;
  for (const Script::Group& group : (*script)->groups) {
    std::string text = group.begin.empty() ? "" : absl::StrCat(group.begin, ":");
    for (size_t i = 0; i < group.count; ++i) {
      absl::StrAppend(&text, text.empty() ? "" : " ", (*script)->statements[group.first + i].text);
    }
    groups.push_back(text);
  }
  return groups;
}

TEST(ScriptTest, PutsAllOfItIntoOneTransaction) {
  EXPECT_THAT(Groups("a;\nb;"), ElementsAre("BEGIN: a b"));
  EXPECT_THAT(Groups("-- nothing\n"), IsEmpty());
  EXPECT_THAT(Groups("BEGIN; a; b; COMMIT;"), ElementsAre("BEGIN: a b"));
  EXPECT_THAT(Groups("begin isolation level serializable; a; END"),
              ElementsAre("begin isolation level serializable: a"));
}

TEST(ScriptTest, LetsAloneWhatNoTransactionTakes) {
  EXPECT_THAT(
      Groups("a; b; CREATE INDEX CONCURRENTLY i ON t (a); c; VACUUM"),
      ElementsAre("BEGIN: a b", "CREATE INDEX CONCURRENTLY i ON t (a)", "BEGIN: c", "VACUUM"));
  EXPECT_THAT(Groups("a; BEGIN; b; c; COMMIT; d"),
              ElementsAre("BEGIN: a", "BEGIN: b c", "BEGIN: d"));
  EXPECT_THAT(Groups("-- siphon: no-transaction\na; BEGIN; b; c; COMMIT; d"),
              ElementsAre("a", "BEGIN: b c", "d"));
  ScriptOptions options;
  options.wrap = false;
  EXPECT_THAT(Groups("a; b", options), ElementsAre("a", "b"));
}

TEST(ScriptTest, RefusesWhatWouldLeaveATransactionOpen) {
  EXPECT_THAT(Groups("a;\nBEGIN;\nb"), ElementsAre(HasSubstr("1_a.up.sql: line 2: BEGIN without")));
  EXPECT_THAT(Groups("BEGIN;\nBEGIN; COMMIT"), ElementsAre(HasSubstr("line 2: BEGIN within")));
  EXPECT_THAT(Groups("a;\nROLLBACK"), ElementsAre(HasSubstr("line 2: ROLLBACK")));
  EXPECT_THAT(Groups("a;\n'b"), ElementsAre(HasSubstr("1_a.up.sql: the string that begins in")));
}

TEST(ScriptTest, KeepsATransactionOfMysqlFreeOfWhatCommits) {
  ScriptOptions options;
  options.dialect = sql::Dialect::kMysql;
  EXPECT_THAT(Groups("INSERT INTO a VALUES (1); SET @x = 1; UPDATE a SET b = @x", options),
              ElementsAre("BEGIN: INSERT INTO a VALUES (1) SET @x = 1 UPDATE a SET b = @x"));
  EXPECT_THAT(Groups("CREATE TABLE a (x int); DO 1; DO 2; DROP TABLE b", options),
              ElementsAre("CREATE TABLE a (x int)", "BEGIN: DO 1 DO 2", "DROP TABLE b"));
  EXPECT_THAT(Groups("START TRANSACTION; DO 1; CREATE TABLE a (x int); DO 2; COMMIT", options),
              ElementsAre("START TRANSACTION: DO 1", "CREATE TABLE a (x int)", "BEGIN: DO 2"));
  EXPECT_THAT(
      Groups("DO 1; LOCK TABLES a WRITE; DO 2; CREATE TABLE b (x int); UNLOCK TABLES; DO 3",
             options),
      ElementsAre("BEGIN: DO 1", "LOCK TABLES a WRITE DO 2 CREATE TABLE b (x int) UNLOCK TABLES",
                  "BEGIN: DO 3"));
  EXPECT_THAT(Groups("LOCK TABLES a WRITE;\nDO 2", options),
              ElementsAre(HasSubstr("line 1: LOCK TABLES without UNLOCK TABLES")));
  EXPECT_THAT(Groups("LOCK TABLES a WRITE;\nBEGIN", options),
              ElementsAre(HasSubstr("line 2: a transaction between LOCK")));
  EXPECT_THAT(Groups("XA START 'a'", options), ElementsAre(HasSubstr("line 1: XA")));
}

TEST(ScriptTest, SplitsAMysqlScriptAsItsSqlModeHasIt) {
  ScriptOptions options;
  options.dialect = sql::Dialect::kMariadb;
  EXPECT_THAT(Groups("DELIMITER //\nDO 1//\nDELIMITER ;\nDO 2;", options),
              ElementsAre("BEGIN: DO 1 DO 2"));
  EXPECT_THAT(Groups("SELECT \"a\\\";b\"", options), ElementsAre("BEGIN: SELECT \"a\\\";b\""));
  EXPECT_THAT(Groups("SET @old = @@sql_mode, sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES';"
                     "SELECT \"a\\\"; SELECT 'b\\'; SET sql_mode = @old; SELECT \"c\\\";d\"",
                     options),
              ElementsAre("BEGIN: SET @old = @@sql_mode, sql_mode = "
                          "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' SELECT \"a\\\" SELECT 'b\\' SET "
                          "sql_mode = @old SELECT \"c\\\";d\""));
  options.quoting = {.backslash_escapes = true, .ansi_quotes = true};
  EXPECT_THAT(Groups("SELECT \"a\\\"; SELECT 'b\\';'", options),
              ElementsAre("BEGIN: SELECT \"a\\\" SELECT 'b\\';'"));
}

TEST(ScriptTest, KnowsPlacesAndDigests) {
  const auto script = ParseScript("1_a.up.sql", "-- x\nab;\n  cd;\n", {});
  ASSERT_THAT(script, IsOk());
  ASSERT_EQ((*script)->statements.size(), 2u);
  EXPECT_EQ((*script)->statements[1].text, "cd");
  EXPECT_EQ((*script)->statements[1].line, 3u);
  EXPECT_EQ((*script)->statements[1].offset, 11u);
  EXPECT_TRUE((*script)->atomic());
  EXPECT_EQ((*script)->sha256, (*script)->DigestBefore(2));
  // A change after the first statement does not change the digest.
  const auto other = ParseScript("1_a.up.sql", "-- x\nab;\n  ef;\n", {});
  EXPECT_EQ((*script)->DigestBefore(1), (*other)->DigestBefore(1));
  EXPECT_NE((*script)->DigestBefore(2), (*other)->DigestBefore(2));
}

}  // namespace
}  // namespace siphon::migrate
