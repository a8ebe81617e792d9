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
}

TEST(StatementTest, KnowsWhatNoTransactionTakes) {
  const std::vector<std::pair<std::string, Role>> postgres = {
      {"CREATE INDEX CONCURRENTLY i ON t (a)", Role::kAlone},
      {"create unique index /* now */ concurrently if not exists i on t (a)", Role::kAlone},
      {"CREATE INDEX i ON concurrently (a)", Role::kAlone},  // Harmless by itself too.
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

}  // namespace
}  // namespace siphon::sql
