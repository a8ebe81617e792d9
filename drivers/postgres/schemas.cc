// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/schemas.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>
#include <unordered_set>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/relations.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kPublic = "public";

constexpr char kSchemas[] = R"sql(
SELECT n.nspname FROM pg_catalog.pg_namespace n
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_')sql";

// The schemas that WipeSql() keeps, apart from "public".
constexpr char kOfExtensions[] = R"sql(
  AND (EXISTS (SELECT 1 FROM pg_catalog.pg_extension x WHERE x.extnamespace = n.oid)
    OR EXISTS (SELECT 1 FROM pg_catalog.pg_depend s JOIN pg_catalog.pg_depend e
        ON e.classid = s.classid AND e.objid = s.objid AND e.deptype = 'e'
      WHERE s.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
        AND s.refobjid = n.oid)))sql";

absl::StatusOr<std::set<std::string, std::less<>>> QueryNames(const base::Context& context,
                                                              Session& session,
                                                              const std::string& sql) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"t"}, sql));
  std::set<std::string, std::less<>> names;
  for (int row = 0; row < rows.size(); ++row) names.emplace(rows.Text(row, 0));
  return names;
}

// Adds entries of the archive to the plan, in the order of the archive.
void AddEntries(const Archive& archive, const EntryIds& ids, RestorePlan& plan) {
  const std::unordered_set<const ArchiveEntry*> planned(plan.entries.begin(), plan.entries.end());
  plan.entries.clear();
  for (const ArchiveEntry& entry : archive.entries) {
    if (planned.contains(&entry) || ids.contains(entry.id)) plan.entries.push_back(&entry);
  }
}

}  // namespace

absl::StatusOr<std::string> AddMissingSchemas(const base::Context& context, Session& session,
                                              const Archive& archive,
                                              const verbs::RestoreOptions& options,
                                              RestorePlan& plan) {
  std::set<std::string, std::less<>> there = {std::string(kPublic)};
  if (options.create.empty()) {
    ASSIGN_OR_RETURN(there, QueryNames(context, session, kSchemas));
  }
  there.insert("pg_catalog");
  std::set<std::string_view> missing;
  for (const ArchiveEntry* entry : plan.entries) {
    // A whole dump has its schemas, or extensions create them; none has "public".
    if (plan.chosen.empty() && entry->schema != kPublic) continue;
    const std::optional<std::string> name =
        SessionText(archive, entry->schema, session.is_sql_ascii());
    if (name.has_value() && !name->empty() && !there.contains(*name)) missing.insert(entry->schema);
  }
  EntryIds ids;
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.kind != "SCHEMA" || entry.tag == kPublic) continue;
    if (missing.erase(entry.tag) > 0) ids.insert(entry.id);
  }
  for (const ArchiveEntry& entry : archive.entries) {
    const bool part =
        entry.kind == "ACL" || entry.kind == "COMMENT" || entry.kind == "SECURITY LABEL";
    if (part && std::any_of(entry.dependencies.begin(), entry.dependencies.end(),
                            [&](int32_t id) { return ids.contains(id); })) {
      ids.insert(entry.id);
    }
  }
  if (!ids.empty()) AddEntries(archive, ids, plan);
  std::string sql;
  for (const std::string_view name : missing) {
    // No conversion: the statement runs with the client encoding of the archive.
    absl::StrAppend(&sql, "CREATE SCHEMA ", QuoteIdentifier(name), ";\n");
  }
  return sql;
}

absl::StatusOr<std::string> KeepSchemas(const base::Context& context, Session& session,
                                        const Archive& archive, bool wipes, RestorePlan& plan) {
  ASSIGN_OR_RETURN(const auto kept, QueryNames(context, session,
                                               absl::StrCat(kSchemas, wipes ? kOfExtensions : "")));
  std::string owners;
  std::erase_if(plan.entries, [&](const ArchiveEntry* entry) {
    if (entry->kind != "SCHEMA" || entry->tag == kPublic) return false;
    const std::optional<std::string> name =
        SessionText(archive, entry->tag, session.is_sql_ascii());
    if (!name.has_value() || !kept.contains(*name)) return false;
    if (!entry->owner.empty()) {
      // As above.
      absl::StrAppend(&owners, "ALTER SCHEMA ", QuoteIdentifier(entry->tag), " OWNER TO ",
                      QuoteIdentifier(entry->owner), ";\n");
    }
    return true;
  });
  return owners;
}

absl::Status KeepOccupiedSchemas(const base::Context& context, Session& session,
                                 const Archive& archive, RestorePlan& plan) {
  std::set<std::string> replaced;
  for (const ArchiveEntry* entry : plan.relations) replaced.insert(EntryName(archive, *entry));
  ASSIGN_OR_RETURN(const std::vector<Relation> relations, ReadRelations(context, session));
  std::set<std::string> occupied;
  for (const Relation& relation : relations) {
    if (!replaced.contains(DisplayName(relation.schema, relation.name))) {
      occupied.insert(relation.schema);
    }
  }
  std::erase_if(plan.entries, [&](const ArchiveEntry* entry) {
    if (entry->kind != "SCHEMA") return false;
    const std::optional<std::string> name =
        SessionText(archive, entry->tag, session.is_sql_ascii());
    return name.has_value() && occupied.contains(*name);
  });
  return absl::OkStatus();
}

}  // namespace siphon::postgres
