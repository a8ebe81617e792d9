// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/mysql_content.h"

#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "errs/status_macros.h"

namespace siphon::testing {
namespace {

using Row = MysqlServer::Row;

// "2026-11-22 07:07:55.45"
bool IsTime(std::string_view text) {
  return text.size() >= 19 && text.substr(0, 2) == "20" && text[4] == '-' && text[7] == '-' &&
         text[10] == ' ' && text[13] == ':';
}

// Runs the statements that a query returns; returns all results, with NULL as "NULL".
absl::StatusOr<std::string> RunAll(const MysqlServer& server, std::string_view database,
                                   std::string_view query) {
  ASSIGN_OR_RETURN(const std::vector<Row> statements, server.Query(query, database));
  std::string sql;
  for (const Row& row : statements) absl::StrAppend(&sql, row.at(0).value_or(""), ";\n");
  if (sql.empty()) return "";
  ASSIGN_OR_RETURN(const std::vector<Row> rows, server.Query(sql, database));
  std::string text;
  for (const Row& row : rows) {
    for (const std::optional<std::string>& field : row) {
      // The creation time of a trigger is excluded.
      if (&field == &row.back() && IsTime(field.value_or(""))) continue;
      absl::StrAppend(&text, field.value_or("NULL"), "\t");
    }
    text += '\n';
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> ChecksumMysqlTables(const MysqlServer& server,
                                                std::string_view database) {
  ASSIGN_OR_RETURN(
      const std::string sums,
      RunAll(server, database,
             "SELECT concat('CHECKSUM TABLE `', replace(table_name, '`', '``'), '`')"
             " FROM information_schema.tables WHERE table_schema = database()"
             " AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY table_name;"));
  return absl::StrReplaceAll(sums, {{absl::StrCat(database, "."), ""}});
}

absl::StatusOr<std::string> DescribeMysqlContent(const MysqlServer& server,
                                                 std::string_view database) {
  ASSIGN_OR_RETURN(std::string text, ChecksumMysqlTables(server, database));
  ASSIGN_OR_RETURN(
      const std::string definitions,
      RunAll(server, database,
             "SELECT concat('SHOW CREATE ', kind, ' `', replace(name, '`', '``'), '`') FROM ("
             "SELECT if(table_type = 'VIEW', 'VIEW', 'TABLE') AS kind, table_name AS name"
             " FROM information_schema.tables WHERE table_schema = database()"
             " UNION ALL SELECT routine_type, routine_name FROM information_schema.routines"
             " WHERE routine_schema = database()"
             " UNION ALL SELECT 'TRIGGER', trigger_name FROM information_schema.triggers"
             " WHERE trigger_schema = database()"
             " UNION ALL SELECT 'EVENT', event_name FROM information_schema.events"
             " WHERE event_schema = database()) AS things ORDER BY kind, name;"));
  absl::StrAppend(&text, definitions);
  return absl::StrReplaceAll(text, {{absl::StrCat("`", database, "`."), ""}});
}

}  // namespace siphon::testing
