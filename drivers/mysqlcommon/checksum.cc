// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/checksum.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/table_dump.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

// The name of the column that MySQL generates (MySQL 8.4's manual, 15.1.20.11).
constexpr std::string_view kGeneratedKey = "my_row_id";

bool HasGeneratedKey(const Table& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), [](const Column& column) {
    return column.invisible && column.name == kGeneratedKey;
  });
}

}  // namespace

absl::StatusOr<std::string> TableChecksum(const base::Context& context, Session& session,
                                          const Table& table) {
  // MariaDB includes undefined bytes of the row's buffer for a virtual column.
  const auto is_virtual = [](const Column& column) { return column.is_virtual; };
  if (session.is_mariadb() && std::any_of(table.columns.begin(), table.columns.end(), is_virtual)) {
    return std::string();
  }
  // Where the server adds a primary key to tables without one, a restored table has one more column
  // than the table in the dump, and another checksum.
  if (session.Accepts(Feature::kGenerateKeys) && HasGeneratedKey(table)) {
    ASSIGN_OR_RETURN(const std::optional<std::string> generates,
                     session.Value(context, "SELECT @@sql_generate_invisible_primary_key"));
    if (generates.value_or("0") != "0") return std::string();
  }
  // MySQL includes bytes of the hidden columns of functional indexes, and the types of values in
  // JSON, which a dump as text does not have.
  if (!session.is_mariadb()) {
    const auto is_json = [](const Column& column) { return column.data_type == "json"; };
    if (std::any_of(table.columns.begin(), table.columns.end(), is_json)) return std::string();
    if (session.Accepts(Feature::kIndexExpression)) {
      ASSIGN_OR_RETURN(const Rows parts,
                       session.Query(context, absl::StrCat("SELECT 1 FROM"
                                                           " information_schema.statistics WHERE"
                                                           " table_schema = DATABASE() AND"
                                                           " expression IS NOT NULL AND"
                                                           " table_name = ",
                                                           QuoteText(table.name), " LIMIT 1")));
      if (!parts.empty()) return std::string();
    }
  }
  if (table.versioned) {
    ASSIGN_OR_RETURN(
        const Rows left_out,
        session.Query(context, absl::StrCat("SELECT 1", FromUndumped(table), " LIMIT 1")));
    if (!left_out.empty()) return std::string();
  }
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, absl::StrCat("CHECKSUM TABLE ", QuoteName(table.name)),
                                 absl::StrCat("checksum of table ", ToUtf8(table.name))));
  if (rows.empty() || Text(rows[0], 1).empty()) return std::string();
  return absl::StrCat(session.server_fork().display_name, " ", session.version().major, ".",
                      session.version().minor, ":", Text(rows[0], 1));
}

}  // namespace siphon::mysqlcommon
