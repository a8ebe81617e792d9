// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/postgres_rows.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"

namespace siphon::testing {

using Row = PostgresServer::Row;

absl::StatusOr<std::map<std::string, int64_t>> CountPostgresRows(const PostgresServer& server,
                                                                 std::string_view database) {
  ASSIGN_OR_RETURN(
      const std::vector<Row> tables,
      server.Query(
          "SELECT CASE nspname WHEN 'public' THEN '' ELSE nspname || '.' END || relname, "
          "format('%I.%I', nspname, relname) "
          "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' "
          "AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'",
          database));
  std::string sql;
  for (const Row& table : tables) {
    absl::StrAppend(&sql, "SELECT ", QuoteText(table[0].value_or("")), ", count(*) FROM ONLY ",
                    table[1].value_or(""), ";\n");
  }
  ASSIGN_OR_RETURN(const std::vector<Row> counted, server.Query(sql, database));
  std::map<std::string, int64_t> rows;
  for (const Row& row : counted) {
    if (!absl::SimpleAtoi(row[1].value_or(""), &rows[row[0].value_or("")])) {
      return absl::InternalError("count(*) is no number");
    }
  }
  return rows;
}

}  // namespace siphon::testing
