// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/dump_census.h"

#include <cstdint>
#include <unordered_set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/object_kinds.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.backup";

// Conditions about the objects that every database has, or that a command of the server makes:
// collations of the operating system, operators without a function, which only another one names.
// The schema "public" has an entry only if it differs from the usual one.
constexpr char kToDump[] = R"sql(
  AND (n.oid IS NULL OR (n.nspname <> 'information_schema' AND n.nspname !~ '^pg_(temp|toast)'))
  AND NOT (o.class = 'pg_catalog.pg_collation'::pg_catalog.regclass AND n.nspname = 'pg_catalog')
  AND NOT (o.class = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND o.name = 'public')
  AND NOT (o.class = 'pg_catalog.pg_operator'::pg_catalog.regclass
    AND EXISTS (SELECT 1 FROM pg_catalog.pg_operator p WHERE p.oid = o.oid AND p.oprcode = 0)))sql";

// The type, the name and the reason of missing objects.
constexpr char kNamesQuery[] = R"sql(
SELECT i.type, i.identity, COALESCE(
  (SELECT 'not valid' FROM pg_catalog.pg_index x
   WHERE NOT (x.indisvalid AND x.indisready) AND x.indexrelid = CASE m.class
     WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN m.oid
     WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN
       (SELECT k.conindid FROM pg_catalog.pg_constraint k WHERE k.oid = m.oid) END),
  (SELECT 'on a table of the extension ' || x.extname FROM pg_catalog.pg_depend d
   JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
   WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = m.relation
     AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'),
  CASE m.class WHEN 'pg_catalog.pg_subscription'::pg_catalog.regclass
    THEN 'only a superuser may read it' END)
FROM (SELECT pg_catalog.unnest($1::pg_catalog.oid[]) AS class,
    pg_catalog.unnest($2::pg_catalog.oid[]) AS oid,
    pg_catalog.unnest($3::pg_catalog.oid[]) AS relation) AS m,
  LATERAL pg_catalog.pg_identify_object(m.class, m.oid, 0) AS i
ORDER BY 1, 2)sql";

// The user mappings whose options the view pg_user_mappings hides from the user. It does not tell
// whether they have any. (PostgreSQL's manual, "pg_user_mappings".)
constexpr char kMappingsQuery[] = R"sql(
SELECT pg_catalog.format('%I for the server %I', m.usename, m.srvname)
FROM pg_catalog.pg_user_mappings m JOIN pg_catalog.pg_foreign_server s ON s.oid = m.srvid
WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles r
    WHERE r.rolname = current_user AND r.rolsuper)
  AND NOT (pg_catalog.pg_has_role(s.srvowner, 'USAGE') AND (m.umuser = 0
      OR m.usename = current_user)
    OR pg_catalog.has_server_privilege(s.oid, 'USAGE') AND m.umuser <> 0
      AND m.usename = current_user)
ORDER BY 1)sql";

// An object of the database: the oids of its catalogue and of itself.
using Key = uint64_t;

Key KeyOf(uint32_t catalog, uint32_t oid) { return uint64_t{catalog} << 32 | oid; }

uint32_t Oid(std::string_view digits) {
  uint32_t oid = 0;
  return absl::SimpleAtoi(digits, &oid) ? oid : 0;
}

std::unordered_set<Key> KeysOf(const Archive& archive) {
  std::unordered_set<Key> keys;
  for (const ArchiveEntry& entry : archive.entries) {
    keys.insert(KeyOf(Oid(entry.catalog), Oid(entry.oid)));
    for (const uint32_t oid : LargeObjectsOf(entry)) keys.insert(KeyOf(Oid(entry.catalog), oid));
  }
  return keys;
}

std::string ToDumpSql(const verbs::BackupOptions& options) {
  const std::string objects = ObjectsSql([&](const ObjectKind& kind) {
    if (kind.catalog == "pg_default_acl") return !options.no_acl;
    return kind.catalog != "pg_largeobject" || !options.schema_only;
  });
  return absl::StrCat(
      "SELECT o.class::pg_catalog.oid, o.oid, COALESCE(o.relation, CASE WHEN o.class ="
      " 'pg_catalog.pg_class'::pg_catalog.regclass THEN o.oid END) FROM (",
      objects,
      ") AS o LEFT JOIN pg_catalog.pg_class r ON r.oid = o.relation"
      " LEFT JOIN pg_catalog.pg_namespace n ON n.oid = COALESCE(o.namespace, r.relnamespace)"
      " WHERE ",
      kOfUsers, " AND ", kStandsAlone, kToDump);
}

// An array in PostgreSQL's text format.
std::string Array(const std::vector<std::string>& oids) {
  return absl::StrCat("{", absl::StrJoin(oids, ","), "}");
}

absl::Status Incomplete(std::string_view what, const std::vector<std::string>& names) {
  return errs::IntegrityError(
      kOp, absl::StrCat("pg_dump has left out ", what, ": ", base::ListSome(names)),
      "this is a fault of pg_dump or siphon; please report it");
}

class Census {
 public:
  Census(const base::Context& context, Session& session, const Archive& archive,
         const std::vector<Relation>& relations, const Choice& choice,
         const verbs::BackupOptions& options)
      : context_(context),
        session_(session),
        archive_(archive),
        relations_(relations),
        choice_(choice),
        options_(options) {}

  absl::StatusOr<Lacking> Take() {
    RETURN_IF_ERROR(CheckRows());
    if (!options_.data_only) {
      RETURN_IF_ERROR(FindMissing());
      if (options_.tables.empty()) RETURN_IF_ERROR(AddHiddenMappings());
    }
    return std::move(lacking_);
  }

 private:
  absl::Status CheckRows() const {
    std::set<std::string_view> there;
    for (const ArchiveEntry& entry : archive_.entries) {
      if (entry.kind == "TABLE DATA") there.insert(entry.oid);
    }
    std::vector<std::string> missing;
    for (const Relation& relation : relations_) {
      if (!choice_.with_rows.contains(relation.oid) || there.contains(relation.oid)) continue;
      missing.push_back(DisplayName(relation.schema, relation.name));
    }
    return missing.empty() ? absl::OkStatus() : Incomplete("rows of chosen tables", missing);
  }

  // True if the backup's filters take an object that is `relation` or belongs to it; "": to none.
  bool Takes(std::string_view relation) const {
    if (choice_.relations.contains(relation)) return true;
    return options_.tables.empty() && !known_.contains(relation);
  }

  absl::Status FindMissing() {
    for (const Relation& relation : relations_) known_.insert(relation.oid);
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, {"iii?"}, ToDumpSql(options_)));
    const std::unordered_set<Key> there = KeysOf(archive_);
    std::vector<std::string> catalogs, oids, owners;
    std::set<std::string_view> tables;
    for (int row = 0; row < rows.size(); ++row) {
      const std::string_view catalog = rows.Text(row, 0), oid = rows.Text(row, 1),
                             relation = rows.Text(row, 2);
      if (!Takes(relation) || there.contains(KeyOf(Oid(catalog), Oid(oid)))) continue;
      if (oid == relation && choice_.relations.contains(oid)) tables.insert(oid);
      catalogs.emplace_back(catalog);
      oids.emplace_back(oid);
      owners.emplace_back(relation.empty() ? "0" : relation);
    }
    if (!tables.empty()) return MissingTables(tables);
    return oids.empty() ? absl::OkStatus() : AddNames(catalogs, oids, owners);
  }

  absl::Status MissingTables(const std::set<std::string_view>& oids) const {
    std::vector<std::string> names;
    for (const Relation& relation : relations_) {
      if (oids.contains(relation.oid)) names.push_back(DisplayName(relation.schema, relation.name));
    }
    return Incomplete("chosen tables, views or sequences", names);
  }

  absl::Status AddNames(const std::vector<std::string>& catalogs,
                        const std::vector<std::string>& oids,
                        const std::vector<std::string>& owners) {
    // One that was dropped meanwhile has no name.
    ASSIGN_OR_RETURN(const Rows rows,
                     session_.Query(context_, {"t?t?t?"}, kNamesQuery,
                                    {Array(catalogs), Array(oids), Array(owners)}));
    for (int row = 0; row < rows.size(); ++row) {
      if (rows.IsNull(row, 0) || rows.IsNull(row, 1)) continue;
      const std::string kind(rows.Text(row, 0)), why = ToUtf8(rows.Text(row, 2));
      Add(kind, absl::StrCat(kind, " ", ToUtf8(rows.Text(row, 1))), why);
    }
    return absl::OkStatus();
  }

  absl::Status AddHiddenMappings() {
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, {"t"}, kMappingsQuery));
    for (int row = 0; row < rows.size(); ++row) {
      Add("user mapping options",
          absl::StrCat("the options of the user mapping of ", ToUtf8(rows.Text(row, 0))),
          "the user may not see them");
    }
    return absl::OkStatus();
  }

  void Add(const std::string& kind, std::string_view object, std::string_view why) {
    lacking_.kinds.insert(kind);
    lacking_.objects.push_back(why.empty() ? std::string(object)
                                           : absl::StrCat(object, " (", why, ")"));
  }

  const base::Context& context_;
  Session& session_;
  const Archive& archive_;
  const std::vector<Relation>& relations_;
  const Choice& choice_;
  const verbs::BackupOptions& options_;
  std::set<std::string, std::less<>> known_;  // The oids of `relations_`.
  Lacking lacking_;
};

}  // namespace

absl::StatusOr<Lacking> FindLacking(const base::Context& context, Session& session,
                                    const Archive& archive, const std::vector<Relation>& relations,
                                    const Choice& choice, const verbs::BackupOptions& options) {
  return Census(context, session, archive, relations, choice, options).Take();
}

}  // namespace siphon::postgres
