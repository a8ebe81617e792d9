// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/lost_values.h"

#include <mysqld_error.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/dump_names.h"
#include "drivers/mysqlcommon/fixed_float.h"
#include "drivers/mysqlcommon/insert_values.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.restore";
constexpr std::string_view kStage = "restore";

// Warnings about a value that was stored as another one.
constexpr int64_t kChanged[] = {ER_BAD_NULL_ERROR,         ER_WARN_NULL_TO_NOTNULL,
                                ER_WARN_DATA_OUT_OF_RANGE, WARN_DATA_TRUNCATED,
                                ER_TRUNCATED_WRONG_VALUE,  ER_TRUNCATED_WRONG_VALUE_FOR_FIELD,
                                ER_DATA_TOO_LONG};

constexpr std::string_view kDigits = "0123456789";

struct Column {
  std::string name;
  std::string type;
  bool generated = false;
  bool visible = true;
  std::optional<FixedFloat> fixed = std::nullopt;
};

// The session has the settings of the dump.
absl::StatusOr<std::vector<Column>> ReadColumns(const base::Context& context, Session& session,
                                                std::string_view table) {
  ASSIGN_OR_RETURN(const std::optional<std::string> charset,
                   session.Value(context, "SELECT @@character_set_client"));
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context, absl::StrCat("SELECT column_name, data_type, extra, column_type"
                                          " FROM information_schema.columns"
                                          " WHERE table_schema = DATABASE() AND table_name = ",
                                          DumpNameText(charset.value_or(""), table),
                                          " ORDER BY ordinal_position")));
  std::vector<Column> columns;
  for (const Row& row : rows) {
    const std::string_view extra = Text(row, 2);
    columns.push_back({.name = std::string(Text(row, 0)),
                       .type = absl::AsciiStrToLower(Text(row, 1)),
                       .generated = absl::StrContainsIgnoreCase(extra, "VIRTUAL GENERATED") ||
                                    absl::StrContainsIgnoreCase(extra, "STORED GENERATED"),
                       .visible = !absl::StrContainsIgnoreCase(extra, "INVISIBLE"),
                       .fixed = FixedFloat::Of(Text(row, 3))});
  }
  return columns;
}

// True for '' and 0, with or without a character set.
bool IsErrorValue(std::string_view value) {
  if (absl::StartsWith(value, "_")) value.remove_prefix(std::min(value.find('\''), value.size()));
  return value == "''" || value == "0";
}

// True if the server may warn with `code` of a value of the column that it stores as it is.
bool MayKeep(const Column& column, int64_t code) {
  return column.type == "enum" ? code == WARN_DATA_TRUNCATED
                               : column.fixed.has_value() && code == ER_WARN_DATA_OUT_OF_RANGE;
}

// True if this value is stored as it is.
bool IsKept(const Column& column, std::string_view value) {
  if (column.type == "enum") return IsErrorValue(value);
  double number = 0;
  return absl::SimpleAtod(value, &number) && column.fixed->Keeps(number);
}

}  // namespace

std::optional<WarnedValue> FindWarnedValue(std::string_view message,
                                           const std::vector<std::string>& columns) {
  std::optional<WarnedValue> value;
  size_t last = 0, end = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    for (const std::string_view quote : {"'", "`", "\""}) {
      const std::string name = absl::StrCat(quote, columns[i], quote);
      const size_t at = message.rfind(name);
      if (at == std::string_view::npos || (value.has_value() && at < last)) continue;
      last = at;
      end = at + name.size();
      value = WarnedValue{.column = i};
    }
  }
  if (!value.has_value()) return value;
  const std::string_view rest = message.substr(end);
  const size_t digits = std::min(rest.find_first_of(kDigits), rest.size());
  const std::string_view number =
      rest.substr(digits, rest.find_first_not_of(kDigits, digits) - digits);
  if (!absl::SimpleAtoi(number, &value->row)) value->row = 0;
  return value;
}

absl::Status CheckStored(const base::Context& context, Session& session, std::string_view table,
                         std::string_view insert, const Syntax& syntax) {
  const size_t count = session.warnings();
  if (count == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Rows warnings, session.Query(context, "SHOW WARNINGS"));
  std::vector<Column> columns;
  std::vector<std::string> names;
  std::optional<InsertValues> values;
  for (const Row& warning : warnings) {
    const int64_t code = Int(warning, 1);
    const bool changes =
        Text(warning, 0) != "Note" &&
        std::find(std::begin(kChanged), std::end(kChanged), code) != std::end(kChanged);
    if (!changes) continue;
    if (columns.empty()) {
      ASSIGN_OR_RETURN(columns, ReadColumns(context, session, table));
      std::vector<std::string> visible;
      for (const Column& column : columns) {
        names.push_back(column.name);
        if (column.visible) visible.push_back(column.name);
      }
      values.emplace(insert, syntax, std::move(visible));
    }
    const std::optional<WarnedValue> value = FindWarnedValue(Text(warning, 2), names);
    // Not a value of the statement: a step of an expression, a hidden column of an index. Only the
    // message about a NULL names no row.
    if (!value.has_value() || (value->row == 0 && code != ER_BAD_NULL_ERROR)) continue;
    const Column& column = columns[value->column];
    if (column.generated) continue;
    if (MayKeep(column, code) &&
        IsKept(column, values->Find(column.name, value->row).value_or(""))) {
      continue;
    }
    return errs::SystemError(
        kOp, errs::kDatabase,
        absl::StrCat("table ", ToUtf8(table), " does not take a value of the dump as it is: ",
                     ToUtf8(Text(warning, 2)), " (", code, ")"),
        "change the value in the source or the type of the column, or leave the rows out"
        " (--exclude-data of backup and sync)");
  }
  if (count > warnings.size()) {
    context.Warn(kStage,
                 absl::StrCat("table ", ToUtf8(table), ": the server warned of ", count,
                              " values and showed ", warnings.size(),
                              " of these warnings, so values that a column does not take may be"
                              " stored as others; a user with SESSION_VARIABLES_ADMIN sees all"));
  }
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
