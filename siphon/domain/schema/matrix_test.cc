// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/schema/matrix.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::schema {
namespace {

std::string_view TypeIn(Engine engine, const Type& type) { return RowOf(type).For(engine).type; }

TEST(Matrix, TakesTheNarrowestIntegerThatHoldsTheValues) {
  const Type tiny{.kind = Kind::kInteger, .bits = 8};
  const Type huge{.kind = Kind::kInteger, .bits = 64, .is_unsigned = true};
  EXPECT_EQ(TypeIn(Engine::kPostgres, tiny), "smallint");
  EXPECT_EQ(TypeIn(Engine::kMysql, tiny), "tinyint");
  EXPECT_EQ(TypeIn(Engine::kPostgres, huge), "numeric(20,0)");
  EXPECT_EQ(TypeIn(Engine::kMariadb, huge), "bigint unsigned");
  EXPECT_EQ(RowOf(huge).For(Engine::kSqlite).checks, kFitsInt64);
}

TEST(Matrix, KeepsTheDigitsOfDecimals) {
  const auto decimal = [](int precision, int scale) {
    return Type{.kind = Kind::kDecimal, .precision = precision, .scale = scale};
  };
  EXPECT_EQ(RowOf(decimal(15, 2)).source, "decimal, at most 15 digits");
  EXPECT_EQ(RowOf(decimal(16, 2)).source, "decimal, at most 65 digits");
  EXPECT_EQ(RowOf(decimal(65, 30)).source, "decimal, at most 65 digits");
  for (const Type& type : {decimal(66, 0), decimal(65, 31), decimal(5, -2), decimal(2, 5)}) {
    EXPECT_EQ(RowOf(type).source, "decimal, more digits");
  }
  EXPECT_EQ(RowOf({.kind = Kind::kDecimal}).source, "decimal without limits");
}

TEST(Matrix, HasACellForEachEngineWithATypeOrARefusal) {
  std::set<std::string_view> names;
  for (const MatrixRow& row : Matrix()) {
    EXPECT_TRUE(names.insert(row.source).second) << row.source;
    for (const Cell& cell : row.cells) {
      EXPECT_EQ(cell.type.empty(), cell.verdict == Verdict::kRefused) << row.source;
      if (cell.verdict != Verdict::kRefused) {
        EXPECT_EQ(cell.reason.empty(), cell.verdict == Verdict::kExact) << row.source;
      }
    }
  }
  EXPECT_EQ(RowOf({.kind = Kind::kUnknown}).source, "anything else");
}

// A column whose declared type decides another affinity would change values
// (https://www.sqlite.org/datatype3.html, section 3.1).
TEST(Matrix, DeclaresTypesWhoseAffinityInSqliteKeepsTheValues) {
  for (const MatrixRow& row : Matrix()) {
    const Cell& cell = row.For(Engine::kSqlite);
    const bool text = absl::StrContains(cell.type, "CHAR") || absl::StrContains(cell.type, "TEXT");
    const bool integer = absl::StrContains(cell.type, "INT");
    const bool bytes = absl::StrContains(cell.type, "BLOB");
    const bool number = absl::StrContains(cell.type, "REAL") ||
                        absl::StrContains(cell.type, "NUMERIC") || cell.type == "BOOLEAN";
    // Texts that are no numbers stay texts in a column of the affinity NUMERIC.
    const bool time = cell.type == "DATE" || cell.type == "DATETIME" || cell.type == "TIME";
    EXPECT_EQ(cell.type.empty() ? 0 : 1, text + integer + bytes + number + time) << row.source;
  }
}

TEST(Matrix, IsShownInTheDocumentation) {
  std::ifstream file("docs/cross-engine.md");
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_TRUE(absl::StrContains(page.str(), MatrixAsMarkdown()))
      << "docs/cross-engine.md must contain this table:\n"
      << MatrixAsMarkdown();
}

}  // namespace
}  // namespace siphon::schema
