// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/lone_statement.h"

#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"

namespace siphon::postgres {
namespace {

using Kind = LoneStatement::Kind;

TEST(LoneStatementTest, ReadsWhatAStatementNames) {
  // Statement, kind, CONCURRENTLY, name, table.
  const std::vector<std::tuple<std::string, Kind, bool, std::string, std::string>> cases = {
      {"CREATE INDEX CONCURRENTLY i ON t (a)", Kind::kCreateIndex, true, "i", "t"},
      {"create unique index/**/concurrently if not exists \"I\"\"x\" on only s.\"T\" (a)",
       Kind::kCreateIndex, true, "\"I\"\"x\"", "s.\"T\""},
      {"CREATE INDEX CONCURRENTLY ON t(a)", Kind::kCreateIndex, true, "", "t"},
      {"CREATE INDEX i ON t (a)", Kind::kCreateIndex, false, "i", "t"},
      {"CREATE INDEX CONCURRENTLY U&\"i\" ON t (a)", Kind::kCreateIndex, true, "\"i\"", "t"},
      {R"(CREATE INDEX CONCURRENTLY u&"a\0079\+01F600\D83D\DE00\\\0022""z" ON t$1$a$.x$ (a))",
       Kind::kCreateIndex, true, "\"ay😀😀\\\"\"\"\"z\"", "t$1$a$.x$"},
      {R"(CREATE INDEX i ON ONLY (U&"s!0079" /**/ uescape '!' . U&"t\" UESCAPE '?') (a))",
       Kind::kCreateIndex, false, "i", R"("sy"."t\")"},
      // The server refuses them.
      {R"(CREATE INDEX U&"\00" ON t (a))", Kind::kOther, false, "", ""},
      {R"(CREATE INDEX U&"\D83D" ON t (a))", Kind::kOther, false, "", ""},
      {R"(CREATE INDEX U&"\DE00" ON t (a))", Kind::kOther, false, "", ""},
      {R"(CREATE INDEX U&"\D83Dx" ON t (a))", Kind::kOther, false, "", ""},
      {R"(CREATE INDEX U&"\0000" ON t (a))", Kind::kOther, false, "", ""},
      {R"(CREATE INDEX U&"\+110000" ON t (a))", Kind::kOther, false, "", ""},
      {R"(CREATE INDEX U&"i" UESCAPE '+' ON t (a))", Kind::kOther, false, "", ""},
      {R"(CREATE INDEX U &"i" ON t (a))", Kind::kOther, false, "", ""},
      {R"(CREATE INDEX U& "i" ON t (a))", Kind::kOther, false, "", ""},
      {R"(ALTER TABLE ONLY (U&"p") DETACH PARTITION U&"p\0031" CONCURRENTLY)",
       Kind::kDetachPartition, true, "\"p1\"", "\"p\""},
      {"ALTER TABLE p * DETACH PARTITION p1 CONCURRENTLY", Kind::kDetachPartition, true, "p1", "p"},
      {"CREATE TABLE t (a int)", Kind::kOther, false, "", ""},
      {"DROP INDEX CONCURRENTLY IF EXISTS s.i CASCADE", Kind::kDropIndex, true, "s.i", ""},
      {"DROP INDEX i", Kind::kOther, false, "", ""},
      {"REINDEX INDEX CONCURRENTLY i", Kind::kReindexIndex, true, "i", ""},
      {"REINDEX (VERBOSE, CONCURRENTLY) TABLE t", Kind::kReindexTable, true, "", "t"},
      {"REINDEX (CONCURRENTLY false) TABLE t", Kind::kReindexTable, false, "", "t"},
      {"REINDEX SCHEMA CONCURRENTLY s", Kind::kReindexSchema, true, "s", ""},
      {"REINDEX DATABASE CONCURRENTLY", Kind::kReindexDatabase, true, "", ""},
      {"ALTER TABLE IF EXISTS ONLY s.p DETACH PARTITION p1 CONCURRENTLY", Kind::kDetachPartition,
       true, "p1", "s.p"},
      {"ALTER TABLE p DETACH PARTITION p1 FINALIZE", Kind::kOther, false, "", ""},
      {"ALTER TABLE p ADD a int", Kind::kOther, false, "", ""},
      {"VACUUM t", Kind::kRepeatable, false, "", ""},
      {"ALTER SYSTEM SET a = 1", Kind::kRepeatable, false, "", ""},
      {"", Kind::kOther, false, "", ""},
      {"CREATE INDEX CONCURRENTLY", Kind::kOther, false, "", ""},
  };
  for (const auto& [statement, kind, concurrently, name, table] : cases) {
    const LoneStatement read = ParseLoneStatement(statement);
    EXPECT_EQ(read.kind, kind) << statement;
    EXPECT_EQ(read.concurrently, concurrently) << statement;
    EXPECT_EQ(read.name, name) << statement;
    EXPECT_EQ(read.table, table) << statement;
  }
}

}  // namespace
}  // namespace siphon::postgres
