// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/foreign_owners.h"

#include <cstdint>
#include <set>
#include <string_view>
#include <unordered_map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive_contents.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

// The extensions and the schema that stay and belong to others, as "EXTENSION citext".
constexpr char kOfOthers[] = R"sql(
SELECT 'EXTENSION ' || x.extname FROM pg_catalog.pg_extension x
WHERE NOT pg_catalog.pg_has_role(current_user, x.extowner, 'USAGE')
UNION ALL SELECT 'SCHEMA ' || n.nspname FROM pg_catalog.pg_namespace n
WHERE n.nspname = 'public' AND NOT pg_catalog.pg_has_role(current_user, n.nspowner, 'USAGE'))sql";

// The extensions that only a superuser may create, and that the database does not have.
constexpr char kOfSuperusers[] = R"sql(
SELECT 'EXTENSION ' || e.name FROM pg_catalog.pg_available_extensions e
  JOIN pg_catalog.pg_available_extension_versions v
    ON v.name = e.name AND v.version = e.default_version
WHERE v.superuser AND NOT v.trusted AND e.installed_version IS NULL)sql";

absl::StatusOr<std::set<std::string>> QueryNames(const base::Context& context, Session& session,
                                                 const std::string& sql) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"t"}, sql));
  std::set<std::string> names;
  for (int row = 0; row < rows.size(); ++row) names.emplace(rows.Text(row, 0));
  return names;
}

std::string Key(const Archive& archive, const ArchiveEntry& entry) {
  return absl::StrCat(entry.kind, " ", ArchiveText(archive, entry.tag));
}

std::string ForPeople(const Archive& archive, const ArchiveEntry& entry) {
  return absl::StrCat(absl::AsciiStrToLower(entry.kind), " ", EntryName(archive, entry));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> LeaveToOwners(const base::Context& context,
                                                       Session& session, const Archive& archive,
                                                       RestorePlan& plan) {
  std::vector<std::string> warnings;
  ASSIGN_OR_RETURN(const std::string superuser,
                   session.QueryText(context,
                                     "SELECT rolsuper FROM pg_catalog.pg_roles"
                                     " WHERE rolname = current_user"));
  if (superuser == "t") return warnings;
  ASSIGN_OR_RETURN(const std::set<std::string> of_others, QueryNames(context, session, kOfOthers));
  ASSIGN_OR_RETURN(const std::set<std::string> of_superusers,
                   QueryNames(context, session, kOfSuperusers));
  std::unordered_map<int32_t, const ArchiveEntry*> by_id;
  for (const ArchiveEntry& entry : archive.entries) by_id[entry.id] = &entry;
  std::vector<std::string> barred;
  for (const ArchiveEntry* entry : plan.entries) {
    if (entry->kind == "EVENT TRIGGER" || of_superusers.contains(Key(archive, *entry))) {
      barred.push_back(ForPeople(archive, *entry));
    }
  }
  if (!barred.empty()) {
    warnings.push_back(absl::StrCat("PostgreSQL lets only a superuser create ",
                                    base::ListSome(barred),
                                    "; if this server refuses it, restore as a superuser"));
  }
  std::erase_if(plan.entries, [&](const ArchiveEntry* entry) {
    if (entry->kind != "COMMENT" || entry->dependencies.empty()) return false;
    const auto object = by_id.find(entry->dependencies.front());
    // The schema "public" has an entry of its own only if its owner is not the usual one.
    const std::string key =
        object == by_id.end() ? std::string(entry->tag) : Key(archive, *object->second);
    if (!of_others.contains(key)) return false;
    warnings.push_back(absl::StrCat("the comment on ", key,
                                    " is not restored, because only its owner may set it"));
    return true;
  });
  return warnings;
}

}  // namespace siphon::postgres
