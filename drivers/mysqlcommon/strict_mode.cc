// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/strict_mode.h"

#include <mysqld_error.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "drivers/mysqlcommon/name_patterns.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.restore";
// InnoDB keeps longer values on pages of their own, and of these a prefix in the row. (MySQL's
// manual, "InnoDB Row Formats".)
constexpr int64_t kLongestInRow = 255;
constexpr int64_t kReference = 20, kPrefix = 768;
// What a page holds besides rows; a row may take half of the rest, and at most kLongestRow.
// (innobase: page_get_free_space_of_empty(), REC_MAX_DATA_SIZE.)
constexpr int64_t kPageOverhead = 132, kLongestRow = 16383;

constexpr std::pair<std::string_view, int64_t> kSizes[] = {
    {"tinyint", 1}, {"smallint", 2}, {"mediumint", 3}, {"int", 4},      {"bigint", 8},
    {"float", 4},   {"double", 8},   {"date", 3},      {"datetime", 5}, {"timestamp", 4}};

bool IsLarge(std::string_view type) {
  return absl::EndsWith(type, "text") || absl::EndsWith(type, "blob") || type == "json";
}

}  // namespace

int64_t LeastRowBytes(const Table& table) {
  const bool with_prefix = table.row_format == "Compact" || table.row_format == "Redundant";
  const int64_t elsewhere = with_prefix ? kPrefix + kReference : kReference;
  int64_t bytes = 0;
  for (const Column& column : table.columns) {
    if (column.is_virtual) continue;
    const auto size = std::find_if(std::begin(kSizes), std::end(kSizes),
                                   [&](const auto& one) { return one.first == column.data_type; });
    if (size != std::end(kSizes)) bytes += size->second;
    const bool moves = IsLarge(column.data_type) || column.octets > kLongestInRow;
    bytes += moves ? std::min(column.octets, elsewhere) : column.octets;
  }
  return bytes;
}

absl::StatusOr<std::string> TooWide(const base::Context& context, Session& session,
                                    const std::vector<const Table*>& tables) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, "SELECT @@innodb_page_size"));
  if (rows.empty()) return errs::InternalError("mysql.backup", "no page size");
  const int64_t longest = std::min((Int(rows[0], 0) - kPageOverhead) / 2, kLongestRow);
  std::vector<std::string> names;
  for (const Table* const table : tables) {
    if (table->engine == "InnoDB" && LeastRowBytes(*table) >= longest) {
      names.push_back(ToUtf8(table->name));
    }
  }
  return absl::StrJoin(names, ", ");
}

absl::Status CheckMayRelax(const base::Context& context, Session& session,
                           const driver::RestoreOptions& options) {
  const auto annotation = options.annotations.find(std::string(kTooWide));
  if (!options.in_place || options.data_only || annotation == options.annotations.end()) {
    return absl::OkStatus();
  }
  NamePatterns chosen(options.tables), excluded(options.exclude_tables);
  std::vector<std::string> names = absl::StrSplit(annotation->second, ", ");
  std::erase_if(names, [&](const std::string& name) {
    return (!chosen.empty() && !chosen.Has(name)) || excluded.Has(name);
  });
  if (names.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<std::string> strict,
                   session.Value(context, "SELECT @@innodb_strict_mode"));
  if (strict != "1") return absl::OkStatus();
  const absl::Status relaxed = session.Execute(context, "SET innodb_strict_mode=OFF");
  if (relaxed.ok()) return session.Execute(context, "SET innodb_strict_mode=ON");
  if (!IsSqlError(relaxed, {ER_SPECIFIC_ACCESS_DENIED_ERROR})) return relaxed;
  return errs::UserError(
      kOp, errs::kDatabase,
      absl::StrCat("the user could not create tables of the dump again, because their rows may be"
                   " longer than a page: ",
                   base::ListSome(names)),
      "they need innodb_strict_mode=OFF: grant the user SESSION_VARIABLES_ADMIN, or turn it off at"
      " the server");
}

}  // namespace siphon::mysqlcommon
