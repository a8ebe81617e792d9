// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/postgres_sample.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"

namespace siphon::testing {
namespace {

using Row = PostgresServer::Row;

// Bazel runs a test in the root of its runfiles.
std::string DataFile(std::string_view name) {
  static const auto* const folder =
      new std::filesystem::path(std::filesystem::current_path() / "testing" / "servers");
  return (*folder / name).string();
}

void AppendLines(const std::vector<Row>& rows, std::vector<std::string>& lines) {
  for (const Row& row : rows) {
    std::string& text = lines.emplace_back();
    std::string_view separator = "";
    for (const std::optional<std::string>& field : row) {
      absl::StrAppend(&text, separator,
                      field.has_value() ? absl::StrReplaceAll(*field, {{"\n", "\\n"}}) : "NULL");
      separator = "\t";
    }
  }
}

}  // namespace

absl::StatusOr<std::string> PostgresSampleSql() {
  return base::ReadFile(DataFile("postgres_sample.sql"), size_t{1} << 20);
}

absl::Status LoadPostgresSample(const PostgresServer& server, std::string_view database) {
  return server.RunFile(DataFile("postgres_sample.sql"), database);
}

absl::Status LoadPostgresBulk(const PostgresServer& server, std::string_view database,
                              int megabytes, int tables) {
  const int64_t rows = std::max<int64_t>(1, int64_t{megabytes} * 1000 / tables);
  std::string sql = "SET synchronous_commit = off;\n";
  for (int i = 1; i <= tables; ++i) {
    // 448 bytes that do not compress, and text that does.
    absl::StrAppend(
        &sql, "CREATE TABLE bulk_", i,
        " (id bigint, grp integer NOT NULL, made timestamptz NOT NULL, price numeric(12,2), "
        "body text NOT NULL, data bytea NOT NULL);\n"
        "INSERT INTO bulk_",
        i,
        " SELECT n, n % 1000, timestamptz '2024-01-01 00:00+00' + n * "
        "interval '1 second', n / 8.0, repeat('row ' || n || ' ', 40 - length(n::text)), "
        "sha512(('a' || n)::bytea) || sha512(('b' || n)::bytea) || sha512(('c' || n)::bytea) || "
        "sha512(('d' || n)::bytea) || sha512(('e' || n)::bytea) || sha512(('f' || n)::bytea) || "
        "sha512(('g' || n)::bytea) FROM generate_series(1, ",
        rows,
        ") AS n;\n"
        "ALTER TABLE bulk_",
        i,
        " ADD PRIMARY KEY (id);\n"
        "CREATE INDEX ON bulk_",
        i, " (grp);\n");
  }
  return server.RunSql(sql, database);
}

absl::StatusOr<std::string> DescribePostgres(const PostgresServer& server,
                                             std::string_view database) {
  ASSIGN_OR_RETURN(const std::string definitions,
                   base::ReadFile(DataFile("postgres_describe.sql"), size_t{1} << 20));
  ASSIGN_OR_RETURN(std::vector<Row> rows, server.Query(definitions, database));
  std::vector<std::string> lines;
  AppendLines(rows, lines);

  ASSIGN_OR_RETURN(
      const std::vector<Row> tables,
      server.Query("SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = "
                   "relnamespace WHERE relkind IN ('r', 'm') AND relispopulated AND nspname NOT "
                   "LIKE 'pg\\_%' AND nspname <> 'information_schema' ORDER BY 1::text",
                   database));
  std::string sql;
  for (const Row& table : tables) {
    const std::string name = table[0].value_or("");
    absl::StrAppend(&sql, "SELECT 'rows', ", QuoteText(name),
                    ", count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")) "
                    "FROM ONLY ",
                    name, " AS t;\n");
  }
  ASSIGN_OR_RETURN(rows, server.Query(sql, database));
  AppendLines(rows, lines);
  std::sort(lines.begin(), lines.end());
  return absl::StrJoin(lines, "\n");
}

}  // namespace siphon::testing
