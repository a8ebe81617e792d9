// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/rows.h"

#include <libpq-fe.h>

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"

namespace siphon::postgres {
namespace {

struct Column {
  char kind = 't';
  bool nullable = false;
};

std::vector<Column> ParseLetters(std::string_view letters) {
  std::vector<Column> columns;
  for (const char letter : letters) {
    if (letter == '?') {
      columns.back().nullable = true;
    } else {
      columns.push_back({letter, false});
    }
  }
  return columns;
}

absl::Status Unexpected(std::string_view what) {
  return errs::SystemError(
      "postgres", errs::kDatabase,
      absl::StrCat("the server's answer does not fit the statement: ", what),
      "check that the server is PostgreSQL, and check the proxy or pooler in front of it");
}

bool Fits(char kind, std::string_view text) {
  int64_t number = 0;
  // Statements end at a NUL byte. No text of PostgreSQL's has one.
  if (text.find('\0') != std::string_view::npos) return false;
  switch (kind) {
    case 'b':
      return text == "t" || text == "f";
    case 'c':
      return text.size() == 1;
    case 'i':
      return absl::SimpleAtoi(text, &number);
    default:
      return true;
  }
}

std::string_view KindName(char kind) {
  switch (kind) {
    case 'b':
      return "boolean";
    case 'c':
      return "single character";
    case 'i':
      return "whole number";
    default:
      return "text";
  }
}

}  // namespace

Rows& Rows::operator=(Rows&& other) noexcept {
  std::swap(result_, other.result_);
  return *this;
}

Rows::~Rows() { PQclear(result_); }

int Rows::size() const { return PQntuples(result_); }

int Rows::columns() const { return PQnfields(result_); }

std::string_view Rows::Text(int row, int column) const {
  if (IsNull(row, column)) return "";
  return {PQgetvalue(result_, row, column), static_cast<size_t>(PQgetlength(result_, row, column))};
}

bool Rows::IsNull(int row, int column) const { return PQgetisnull(result_, row, column) != 0; }

int64_t Rows::Int(int row, int column) const {
  int64_t value = 0;
  return absl::SimpleAtoi(Text(row, column), &value) ? value : 0;
}

absl::Status CheckColumns(const Rows& rows, Columns expected) {
  const std::vector<Column> columns = ParseLetters(expected.letters);
  const int count = static_cast<int>(columns.size());
  if (rows.columns() != count) {
    return Unexpected(absl::StrCat(rows.columns(), " columns instead of ", count));
  }
  for (int row = 0; row < rows.size(); ++row) {
    for (int i = 0; i < count; ++i) {
      const Column& column = columns[static_cast<size_t>(i)];
      const auto place = [&] { return absl::StrCat("column ", i + 1, " of row ", row + 1); };
      if (rows.IsNull(row, i)) {
        if (!column.nullable) return Unexpected(absl::StrCat(place(), " is NULL"));
      } else if (!Fits(column.kind, rows.Text(row, i))) {
        return Unexpected(absl::StrCat(place(), " is no ", KindName(column.kind)));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSize(const Rows& rows, int expected) {
  if (rows.size() == expected) return absl::OkStatus();
  return Unexpected(absl::StrCat(rows.size(), " rows instead of ", expected));
}

}  // namespace siphon::postgres
