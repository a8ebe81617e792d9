// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/version_table.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.migrate";

// The schema is empty if the name has none.
absl::StatusOr<VersionTable> TableName(const std::string& name, bool quoted) {
  if (name.empty()) return VersionTable{.table = "schema_migrations"};
  if (!quoted) return VersionTable{.table = name};
  const auto refuse = [&](std::string_view what) {
    return errs::UserError(
        kOp, errs::kInvalidArgument, absl::StrCat("x-migrations-table is ", name, ": ", what),
        "with x-migrations-table-quoted it is \"table\" or \"schema\".\"table\"");
  };
  std::vector<std::string> parts;
  std::string_view rest = name;
  while (true) {
    const size_t close = rest.find('"', 1);
    if (!rest.starts_with("\"") || close == std::string_view::npos) {
      return refuse("it must start and end with \"");
    }
    parts.emplace_back(rest.substr(1, close - 1));
    rest.remove_prefix(close + 1);
    if (rest.empty()) break;
    if (rest[0] != '.') return refuse("between the quoted names is one dot");
    rest.remove_prefix(1);
  }
  if (parts.size() > 2) return refuse("it contains too many dot characters");
  if (parts.size() == 1) return VersionTable{.table = parts[0]};
  return VersionTable{.schema = parts[0], .table = parts[1]};
}

// $1: the table's name. Every name is qualified: the user's search_path is in force. A path that is
// neither built in nor a parameter of this connection is a setting: of the role, the database,
// both, all roles, the server's configuration, or any other source in GucSource_Names
// (guc_tables.c).
constexpr char kElsewhere[] = R"sql(
SELECT n.nspname
FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_roles AS o ON o.oid OPERATOR(pg_catalog.=) c.relowner
WHERE c.relname OPERATOR(pg_catalog.=) $1::pg_catalog.name
  AND c.relkind OPERATOR(pg_catalog.=) 'r'::pg_catalog."char"
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_class AS h
    JOIN pg_catalog.pg_namespace AS s ON s.oid OPERATOR(pg_catalog.=) h.relnamespace
    WHERE h.relname OPERATOR(pg_catalog.=) $1::pg_catalog.name
      AND s.nspname OPERATOR(pg_catalog.=) pg_catalog.current_schema())
  AND EXISTS (SELECT 1 FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND NOT a.attisdropped
      AND a.attname OPERATOR(pg_catalog.=) 'version'::pg_catalog.name)
  AND EXISTS (SELECT 1 FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND NOT a.attisdropped
      AND a.attname OPERATOR(pg_catalog.=) 'dirty'::pg_catalog.name)
  AND (n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))
    OR o.rolname OPERATOR(pg_catalog.=) current_user AND EXISTS (
      SELECT 1 FROM pg_catalog.pg_settings AS p
      WHERE p.name OPERATOR(pg_catalog.=) 'search_path'::pg_catalog.text
        AND p.source OPERATOR(pg_catalog.<>) ALL (
          ARRAY['default', 'client']::pg_catalog.text[])))
ORDER BY n.nspname)sql";

// The table of `found` is not there.
absl::Status RefuseAnother(const base::Context& context, Session& session,
                           const VersionTable& found) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"t"}, kElsewhere, {found.table}));
  if (rows.size() == 0) return absl::OkStatus();
  const std::string other = QuoteQualified(rows.Text(0, 0), found.table);
  return errs::UserError(
      kOp, errs::kDatabase,
      absl::StrCat("the search_path leads to the schema ", found.schema,
                   ", which has no version table, but ", other,
                   " exists: the path or its schemas changed since it was made"),
      absl::StrCat("name the table: x-migrations-table=", other,
                   "&x-migrations-table-quoted=true; or the schema, for all statements: "
                   "search_path=",
                   rows.Text(0, 0), "; to start with no migration applied: x-migrations-table=",
                   QuoteQualified(found.schema, found.table), "&x-migrations-table-quoted=true"));
}

}  // namespace

absl::StatusOr<VersionTable> FindVersionTable(const base::Context& context, Session& session,
                                              const std::string& current_schema,
                                              const std::string& name, bool quoted) {
  ASSIGN_OR_RETURN(VersionTable found, TableName(name, quoted));
  if (!found.schema.empty()) return found;
  found.schema = current_schema;
  RETURN_IF_ERROR(RefuseAnother(context, session, found));
  return found;
}

}  // namespace siphon::postgres
