// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/foreign_owners.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
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

constexpr char kOwnerOfPublic[] =
    "SELECT pg_catalog.min(pg_catalog.pg_get_userbyid(nspowner)::pg_catalog.text)"
    " FROM pg_catalog.pg_namespace WHERE nspname = 'public'";

// pg_dump writes no entry for a schema "public" of this owner.
constexpr std::string_view kUsualOwner = "pg_database_owner";

// The parts of an object that only its owner may set.
struct Part {
  std::string_view kind, name, verb, pronoun;
};
constexpr Part kParts[] = {{"COMMENT", "comment", "is", "it"},
                           {"SECURITY LABEL", "security label", "is", "it"},
                           {"ACL", "grants", "are", "them"}};

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
                                                       const verbs::RestoreOptions& options,
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
    warnings.push_back(
        absl::StrCat("PostgreSQL lets only a superuser create ", base::ListSome(barred),
                     "; if this server refuses it, restore as a superuser, or leave it out"
                     " with --exclude-object KIND:NAME"));
  }
  ASSIGN_OR_RETURN(const std::string owner, session.QueryText(context, kOwnerOfPublic));
  const bool has_owner = std::any_of(
      archive.entries.begin(), archive.entries.end(),
      [](const ArchiveEntry& entry) { return entry.kind == "SCHEMA" && entry.tag == "public"; });
  const auto warn_of_owner = [&](std::string_view wanted) {
    if (options.no_owner || wanted == owner) return;
    warnings.push_back(absl::StrCat("the owner of SCHEMA public stays ", owner,
                                    ", because only its owner may change it"));
  };
  if (options.clean && plan.whole && !has_owner && of_others.contains("SCHEMA public")) {
    warn_of_owner(kUsualOwner);
  }
  std::erase_if(plan.entries, [&](const ArchiveEntry* entry) {
    if (entry->kind == "SCHEMA" && of_others.contains(Key(archive, *entry))) {
      warn_of_owner(ArchiveText(archive, entry->owner));
      return true;
    }
    const Part* const part = std::find_if(std::begin(kParts), std::end(kParts),
                                          [&](const Part& one) { return one.kind == entry->kind; });
    if (part == std::end(kParts) || entry->dependencies.empty()) return false;
    const auto object = by_id.find(entry->dependencies.front());
    // The schema "public" has an entry of its own only if its owner is not the usual one.
    const std::string key =
        object == by_id.end() ? std::string(entry->tag) : Key(archive, *object->second);
    if (!of_others.contains(key)) return false;
    if (entry->kind != "ACL" || !options.no_acl) {
      warnings.push_back(absl::StrCat("the ", part->name, " on ", key, " ", part->verb,
                                      " not restored, because only its owner may set ",
                                      part->pronoun));
    }
    return true;
  });
  return warnings;
}

}  // namespace siphon::postgres
