// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/statement.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::sql {
namespace {

using ::testing::ElementsAre;

TEST(StatementTest, ReadsTokensWithoutComments) {
  EXPECT_THAT(
      LeadingTokens(Dialect::kPostgres, "/* a /* b */ */ Create -- c\n INDEX \"x y\" (1.5)", 5),
      ElementsAre("create", "index", "?", "(", "1"));
  EXPECT_THAT(LeadingTokens(Dialect::kMysql, "# a\nSELECT `b` 'c' D", 9),
              ElementsAre("select", "?", "?", "d"));
  EXPECT_THAT(LeadingTokens(Dialect::kSqlite, "/* open", 9), ElementsAre());
  EXPECT_THAT(LeadingTokens(Dialect::kPostgres, "a \"x\"\"y\" 'open''", 9),
              ElementsAre("a", "?", "?"));
  EXPECT_THAT(RawTokens(Dialect::kPostgres, "DROP/**/INDEX \"A\"\"b\".c--d", 9),
              ElementsAre("DROP", "INDEX", "\"A\"\"b\"", ".", "c"));
}

TEST(StatementTest, KnowsWhatNoTransactionTakes) {
  const std::vector<std::pair<std::string, Role>> postgres = {
      {"CREATE INDEX CONCURRENTLY i ON t (a)", Role::kAlone},
      {"create unique index /* now */ concurrently if not exists i on t (a)", Role::kAlone},
      {"CREATE INDEX i ON concurrently (a)", Role::kAlone},  // Harmless outside a transaction.
      {"CREATE INDEX i ON t (a)", Role::kOrdinary},
      {"DROP INDEX CONCURRENTLY i", Role::kAlone},
      {"REINDEX (VERBOSE, CONCURRENTLY) INDEX i", Role::kAlone},
      {"REINDEX TABLE t", Role::kOrdinary},
      {"VACUUM t", Role::kAlone},
      {"ALTER SYSTEM SET a = 1", Role::kAlone},
      {"ALTER TYPE t ADD VALUE 'x'", Role::kOrdinary},
      {"ALTER TABLE a.b DETACH PARTITION c.d CONCURRENTLY", Role::kAlone},
      {"ALTER TABLE a ADD b int", Role::kOrdinary},
      {"CREATE DATABASE d", Role::kAlone},
      {"CREATE TABLE database (a int)", Role::kOrdinary},
      {"BEGIN", Role::kBegin},
      {"START TRANSACTION ISOLATION LEVEL SERIALIZABLE", Role::kBegin},
      {"COMMIT", Role::kCommit},
      {"END", Role::kCommit},
      {"ROLLBACK", Role::kRollback},
      {"ROLLBACK TO SAVEPOINT a", Role::kOrdinary},
      {"SAVEPOINT a", Role::kOrdinary},
      {"REFRESH MATERIALIZED VIEW CONCURRENTLY v", Role::kOrdinary},
  };
  for (const auto& [statement, role] : postgres) {
    EXPECT_EQ(RoleOf(Dialect::kPostgres, statement), role) << statement;
  }
  const std::vector<std::pair<std::string, Role>> sqlite = {
      {"VACUUM", Role::kAlone},
      {"PRAGMA foreign_keys = OFF", Role::kAlone},
      {"PRAGMA main.journal_mode(WAL)", Role::kAlone},
      {"PRAGMA user_version = 3", Role::kOrdinary},
      {"CREATE INDEX i ON t (a)", Role::kOrdinary},
      {"BEGIN IMMEDIATE", Role::kBegin},
      {"END TRANSACTION", Role::kCommit},
  };
  for (const auto& [statement, role] : sqlite) {
    EXPECT_EQ(RoleOf(Dialect::kSqlite, statement), role) << statement;
  }
}

TEST(StatementTest, KnowsWhatLeavesATransactionOfMysqlOpen) {
  const std::vector<std::pair<std::string, Role>> mysql = {
      {"INSERT INTO t VALUES (1)", Role::kOrdinary},
      {"update t set a = 1", Role::kOrdinary},
      {"WITH c AS (SELECT 1) SELECT * FROM c", Role::kOrdinary},
      {"(SELECT 1) UNION (SELECT 2)", Role::kOrdinary},
      {"SAVEPOINT a", Role::kOrdinary},
      {"ROLLBACK TO a", Role::kOrdinary},
      {"USE other", Role::kOrdinary},
      {"SET @a = 1, @b := (SELECT max(x), min(y) FROM t)", Role::kOrdinary},
      {"SET @OLD=@@SQL_MODE, SQL_MODE='', @@session.foreign_key_checks = 0", Role::kOrdinary},
      {"SET NAMES utf8mb4", Role::kOrdinary},
      {"SET @a = 1, autocommit = 1", Role::kAlone},
      {"SET @a = '\\'', autocommit = 1, @b = ''", Role::kAlone},
      {"SET GLOBAL sql_mode = ''", Role::kAlone},
      {"SET @@global.sql_mode = ''", Role::kAlone},
      {"SET PASSWORD FOR a = 'b'", Role::kAlone},
      {"SET STATEMENT max_statement_time = 1 FOR CREATE TABLE a (x int)", Role::kAlone},
      {"SET TRANSACTION READ ONLY", Role::kAlone},
      {"CREATE TABLE t (a int)", Role::kAlone},
      {"TRUNCATE t", Role::kAlone},
      {"CALL p()", Role::kAlone},
      {"LOAD DATA INFILE 'x' INTO TABLE t", Role::kAlone},
      {"/*!40101 SET NAMES utf8 */", Role::kAlone},
      {"EXECUTE IMMEDIATE 'DROP TABLE t'", Role::kAlone},
      {"BEGIN NOT ATOMIC SELECT 1; END", Role::kAlone},
      {"BEGIN WORK", Role::kBegin},
      {"START TRANSACTION READ ONLY", Role::kBegin},
      {"COMMIT AND CHAIN", Role::kCommit},
      {"ROLLBACK", Role::kRollback},
      {"LOCK TABLES a WRITE", Role::kLock},
      {"FLUSH TABLES WITH READ LOCK", Role::kLock},
      {"FLUSH PRIVILEGES", Role::kAlone},
      {"UNLOCK TABLES", Role::kUnlock},
      {"XA START 'a'", Role::kRefused},
  };
  for (const Dialect dialect : {Dialect::kMysql, Dialect::kMariadb}) {
    for (const auto& [statement, role] : mysql) {
      EXPECT_EQ(RoleOf(dialect, statement), role) << statement;
    }
  }
}

TEST(StatementTest, FollowsTheQuotesThatSqlModeHas) {
  EXPECT_EQ(QuotingOf("STRICT_ALL_TABLES"), (Quoting{true, false}));
  EXPECT_EQ(QuotingOf("ansi_quotes,NO_BACKSLASH_ESCAPES"), (Quoting{false, true}));
  EXPECT_EQ(QuotingOf("ORACLE"), (Quoting{true, true}));
  const Quoting now{false, false}, initial{true, true};
  const std::vector<std::pair<std::string, Quoting>> cases = {
      {"INSERT INTO t VALUES ('set sql_mode=ANSI')", now},
      {"SET @sql_mode = 'ANSI'", now},
      {"SET @OLD_SQL_MODE=@@SQL_MODE", now},
      {"SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO'", {true, false}},
      {"/*!50003 SET sql_mode = 'ANSI_QUOTES' */", {true, true}},
      {"SET SESSION sql_mode := \"NO_BACKSLASH_ESCAPES\"", {false, false}},
      {"SET @@session.sql_mode=CONCAT(@@sql_mode, ',ANSI_QUOTES')", {true, true}},
      {"SET SQL_MODE=@OLD_SQL_MODE", initial},
      {"SET sql_mode = DEFAULT", initial},
  };
  for (const auto& [statement, quoting] : cases) {
    EXPECT_EQ(QuotingAfter(statement, now, initial), quoting) << statement;
  }
}

}  // namespace
}  // namespace siphon::sql
