// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/present_objects.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/object_kinds.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

// An empty schema is no content.
std::string ContentSql() {
  return absl::StrCat(
      "SELECT i.type, i.identity FROM (SELECT o.n, o.class, o.oid, n.nspname, o.name FROM (",
      ObjectsSql([](const ObjectKind& kind) { return kind.is_content(); }),
      ") AS o LEFT JOIN pg_catalog.pg_namespace n ON n.oid = o.namespace WHERE (n.oid IS NULL OR ",
      kUsersSchema, ") AND ", kStandsAlone,
      " ORDER BY o.n, n.nspname, o.name LIMIT 4) AS c,"
      " LATERAL pg_catalog.pg_identify_object(c.class, c.oid, 0) AS i"
      " ORDER BY c.n, c.nspname, c.name");
}

// Languages are created by CREATE OR REPLACE, extensions by CREATE EXTENSION IF NOT EXISTS; the
// restore takes care of schemas.
bool IsPlainlyCreated(const ObjectKind& kind) {
  constexpr std::string_view kCatalogs[] = {"pg_event_trigger",  "pg_publication",
                                            "pg_subscription",   "pg_foreign_data_wrapper",
                                            "pg_foreign_server", "pg_am"};
  return std::find(std::begin(kCatalogs), std::end(kCatalogs), kind.catalog) != std::end(kCatalogs);
}

std::string OfDatabaseSql() {
  return absl::StrCat(
      "SELECT CASE o.words WHEN '' THEN pg_catalog.upper(i.type) ELSE o.words END, o.name FROM (",
      ObjectsSql(IsPlainlyCreated),
      ") AS o, LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) AS i WHERE ", kOfUsers);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SomeContent(const base::Context& context,
                                                     Session& session) {
  // One that is dropped meanwhile has no name.
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"t?t?"}, ContentSql()));
  std::vector<std::string> found;
  for (int row = 0; row < rows.size(); ++row) {
    found.push_back(absl::StrCat(rows.Text(row, 0), " ", rows.Text(row, 1)));
  }
  return found;
}

absl::StatusOr<NamedObjects> ObjectsOfDatabase(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"t?t"}, OfDatabaseSql()));
  NamedObjects objects;
  for (int row = 0; row < rows.size(); ++row) objects.emplace(rows.Text(row, 0), rows.Text(row, 1));
  return objects;
}

}  // namespace siphon::postgres
