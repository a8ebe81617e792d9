// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/cross_engine_rows.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "sqlite3.h"
#include "testing/e2e/database.h"

namespace siphon::testing {
namespace {

std::string QuoteName(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

std::string Shown(sqlite3_stmt* row, int column) {
  char number[32];
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
      return "NULL";
    case SQLITE_FLOAT:
      std::snprintf(number, sizeof(number), "%.15g", sqlite3_column_double(row, column));
      return number;
    case SQLITE_BLOB:
      return absl::StrCat("\\x", absl::BytesToHexString(std::string_view(
                                     static_cast<const char*>(sqlite3_column_blob(row, column)),
                                     static_cast<size_t>(sqlite3_column_bytes(row, column)))));
    default:
      return absl::StrCat(
          "'", std::string_view(reinterpret_cast<const char*>(sqlite3_column_text(row, column)),
                                static_cast<size_t>(sqlite3_column_bytes(row, column))));
  }
}

// Numbers have a quote in front, as texts have: PostgreSQL's client shows only texts.
std::string Row(sqlite3_stmt* row, bool types) {
  std::vector<std::string> values;
  for (int i = 0; i < sqlite3_column_count(row); ++i) {
    std::string value = Shown(row, i);
    if (sqlite3_column_type(row, i) == SQLITE_FLOAT) value.insert(0, "'");
    if (types) absl::StrAppend(&value, ":", sqlite3_column_type(row, i));
    values.push_back(std::move(value));
  }
  return absl::StrJoin(values, "|");
}

}  // namespace

TableRows ReadSqlite(const std::string& path, bool types) {
  TableRows content;
  auto database = *Database::Open(path, true);
  const Statement tables = *Prepare(
      database, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  while (sqlite3_step(tables.get()) == SQLITE_ROW) {
    const std::string name(reinterpret_cast<const char*>(sqlite3_column_text(tables.get(), 0)));
    const Statement rows = *Prepare(database, absl::StrCat("SELECT * FROM ", QuoteName(name)));
    std::vector<std::string>& shown = content[name];
    while (sqlite3_step(rows.get()) == SQLITE_ROW) shown.push_back(Row(rows.get(), types));
    std::sort(shown.begin(), shown.end());
  }
  return content;
}

void ExpectSame(const TableRows& actual, const TableRows& expected) {
  for (const auto& [table, rows] : expected) {
    ASSERT_TRUE(actual.contains(table)) << table;
    const std::vector<std::string>& others = actual.at(table);
    ASSERT_EQ(others.size(), rows.size()) << table;
    for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(others[i], rows[i]) << table;
  }
  EXPECT_EQ(actual.size(), expected.size());
}

}  // namespace siphon::testing
