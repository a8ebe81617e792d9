// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/kept_rights.h"

#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/object_kinds.h"
#include "drivers/postgres/sql_error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

// The schemas that WipeSql() keeps.
std::string Schemas() {
  return absl::StrCat("kept_schema AS (SELECT n.* FROM pg_catalog.pg_namespace n WHERE ",
                      kUsersSchema, " AND ", kKeptSchema, ")");
}

// Default privileges: the part of the statement before GRANT or REVOKE, the part after the
// privilege, the privileges, and those of a new database.
constexpr char kDefaults[] = R"sql(default_acl(owner, before, place, now, wanted) AS (
  SELECT d.defaclrole,
    pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s ',
      pg_catalog.pg_get_userbyid(d.defaclrole),
      (SELECT pg_catalog.format(' IN SCHEMA %I', n.nspname) FROM pg_catalog.pg_namespace n
       WHERE n.oid = d.defaclnamespace)),
    CASE d.defaclobjtype WHEN 'r' THEN ' ON TABLES' WHEN 'S' THEN ' ON SEQUENCES'
      WHEN 'f' THEN ' ON FUNCTIONS' WHEN 'T' THEN ' ON TYPES' WHEN 'n' THEN ' ON SCHEMAS'
      ELSE ' ON LARGE OBJECTS' END,
    d.defaclacl,
    CASE WHEN d.defaclnamespace <> 0 THEN '{}'::pg_catalog.aclitem[]
      ELSE pg_catalog.acldefault(
        CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole) END
  FROM pg_catalog.pg_default_acl d))sql";

// The same for objects that stay: schemas, and what belongs to extensions and to the system.
constexpr char kObjects[] = R"sql(kept(class, oid, sub, kind, letter, owner, acl) AS (
  SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 0, 'ROUTINE', 'f'::"char", p.proowner,
    p.proacl FROM pg_catalog.pg_proc p
  UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0,
    CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
    CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner, c.relacl
    FROM pg_catalog.pg_class c
  UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, a.attrelid, a.attnum, 'TABLE',
    'c'::"char", c.relowner, a.attacl
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 0, 'TYPE', 'T'::"char",
    t.typowner, t.typacl FROM pg_catalog.pg_type t
  UNION ALL SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, l.oid, 0, 'LANGUAGE', 'l'::"char",
    l.lanowner, l.lanacl FROM pg_catalog.pg_language l
  UNION ALL SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, w.oid, 0,
    'FOREIGN DATA WRAPPER', 'F'::"char", w.fdwowner, w.fdwacl
    FROM pg_catalog.pg_foreign_data_wrapper w
  UNION ALL SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid, 0, 'SCHEMA', 'n'::"char",
    n.nspowner, n.nspacl FROM pg_catalog.pg_namespace n WHERE n.nspname <> 'public'),
object(owner, before, place, now, wanted) AS (
  SELECT n.nspowner, '', pg_catalog.format(' ON SCHEMA %I', n.nspname),
    COALESCE(n.nspacl, pg_catalog.acldefault('n', n.nspowner)),
    CASE n.nspname WHEN 'public' THEN pg_catalog.acldefault('n', n.nspowner)
      || pg_catalog.makeaclitem(0, n.nspowner, 'USAGE', false)
      ELSE pg_catalog.acldefault('n', n.nspowner) END
  FROM kept_schema n
  WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = n.oid
      AND d.deptype = 'e')
  UNION ALL
  SELECT k.owner, '', pg_catalog.format('%s ON %s %s',
      (SELECT pg_catalog.format(' (%I)', a.attname) FROM pg_catalog.pg_attribute a
       WHERE k.sub <> 0 AND a.attrelid = k.oid AND a.attnum = k.sub),
      k.kind, i.identity),
    k.acl, COALESCE(
      (SELECT p.initprivs FROM pg_catalog.pg_init_privs p
       WHERE p.classoid = k.class AND p.objoid = k.oid AND p.objsubid = k.sub),
      pg_catalog.acldefault(k.letter, k.owner))
  FROM kept k, pg_catalog.pg_identify_object(k.class, k.oid, 0) i
  WHERE k.acl IS NOT NULL AND (EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
      WHERE d.classid = k.class AND d.objid = k.oid AND d.deptype = 'e')
    -- As pg_dump, which leaves information_schema alone.
    OR (k.oid < 16384 AND COALESCE(i.schema, i.name) NOT IN ('information_schema', 'pg_toast')))),
rights AS (SELECT * FROM object UNION ALL SELECT * FROM default_acl))sql";

// Statements that lead from the present rights to the wanted ones, and those that lead back.
constexpr char kChanges[] = R"sql(change(owner, before, place, n, away, back) AS (
  SELECT r.owner, r.before, r.place, 1,
    pg_catalog.format('%sREVOKE %s%s FROM %s CASCADE', r.before, a.privilege_type, r.place, g.name),
    pg_catalog.format('%sGRANT %s%s TO %s%s', r.before, a.privilege_type, r.place, g.name,
      CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
  FROM rights r, pg_catalog.aclexplode(NULLIF(r.now, '{}')) a, LATERAL (SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC'
    ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS name) g
  WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.aclexplode(NULLIF(r.wanted, '{}')) w WHERE w.grantee = a.grantee
    AND w.privilege_type = a.privilege_type AND (w.is_grantable OR NOT a.is_grantable))
  UNION ALL
  SELECT r.owner, r.before, r.place, 2,
    pg_catalog.format('%sGRANT %s%s TO %s%s', r.before, w.privilege_type, r.place, g.name,
      CASE WHEN w.is_grantable THEN ' WITH GRANT OPTION' END),
    pg_catalog.format('%sREVOKE %s%s FROM %s CASCADE', r.before, w.privilege_type, r.place, g.name)
  FROM rights r, pg_catalog.aclexplode(NULLIF(r.wanted, '{}')) w,
    LATERAL (SELECT CASE w.grantee WHEN 0 THEN 'PUBLIC'
    ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(w.grantee)) END AS name) g
  WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.aclexplode(NULLIF(r.now, '{}')) a WHERE a.grantee = w.grantee
    AND a.privilege_type = w.privilege_type AND a.is_grantable = w.is_grantable)))sql";

constexpr char kMayChange[] = "pg_catalog.pg_has_role(current_user, owner, 'USAGE')";

// In a new database, "public" belongs to the owner of the database.
constexpr char kResetOwner[] = R"sql(
  FOR statement IN
    SELECT 'ALTER SCHEMA public OWNER TO pg_database_owner'
    FROM pg_catalog.pg_namespace n, pg_catalog.pg_roles r
    WHERE n.nspname = 'public' AND r.rolname = 'pg_database_owner' AND n.nspowner <> r.oid
      AND pg_catalog.pg_has_role(current_user, n.nspowner, 'USAGE')
      AND pg_catalog.pg_has_role(current_user, r.oid, 'USAGE')
  LOOP
    EXECUTE statement;
  END LOOP;
)sql";

constexpr char kResetComments[] = R"sql(
    SELECT pg_catalog.format('COMMENT ON SCHEMA %I IS %L', n.nspname,
      CASE n.nspname WHEN 'public' THEN 'standard public schema' END)
    FROM kept_schema n WHERE pg_catalog.pg_has_role(current_user, n.nspowner, 'USAGE')
      AND pg_catalog.obj_description(n.oid, 'pg_namespace') IS DISTINCT FROM
        CASE n.nspname WHEN 'public' THEN 'standard public schema' END
    UNION ALL SELECT pg_catalog.format('SECURITY LABEL FOR %I ON SCHEMA %I IS NULL', l.provider,
      l.nspname)
    FROM label l WHERE pg_catalog.pg_has_role(current_user, l.nspowner, 'USAGE')
)sql";

// The security labels of the kept schemas.
constexpr char kLabels[] = R"sql(label AS (
  SELECT l.provider, n.nspname, n.nspowner
  FROM kept_schema n JOIN pg_catalog.pg_seclabel l ON l.objoid = n.oid
    AND l.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass))sql";

// Comments and labels of kept schemas that the user may not change.
constexpr char kOthersParts[] = R"sql(
SELECT 'the comment on SCHEMA ' || pg_catalog.quote_ident(n.nspname)
FROM kept_schema n WHERE NOT pg_catalog.pg_has_role(current_user, n.nspowner, 'USAGE')
  AND pg_catalog.obj_description(n.oid, 'pg_namespace') IS DISTINCT FROM
    CASE n.nspname WHEN 'public' THEN 'standard public schema' END
UNION SELECT 'the security label on SCHEMA ' || pg_catalog.quote_ident(l.nspname)
FROM label l WHERE NOT pg_catalog.pg_has_role(current_user, l.nspowner, 'USAGE'))sql";

// The SQLSTATE of a label by a provider that is not loaded: invalid_parameter_value.
constexpr std::string_view kNotLoaded = "22023";

std::string Loop(std::string_view query) {
  return absl::StrCat("  FOR statement IN\n", query,
                      "\n  LOOP\n    EXECUTE statement;\n  END LOOP;\n");
}

}  // namespace

std::string ResetRightsSql(const verbs::RestoreOptions& options,
                           const std::vector<std::string>& providers) {
  std::string body;
  if (!options.no_owner) body = kResetOwner;
  if (!options.no_acl) {
    absl::StrAppend(&body, Loop(absl::StrCat("WITH ", Schemas(), ",\n", kDefaults, ",\n", kObjects,
                                             ",\n", kChanges, "\nSELECT away FROM change WHERE ",
                                             kMayChange, " ORDER BY n")));
  }
  std::string but;
  for (const std::string& provider : providers) {
    absl::StrAppend(&but, " AND l.provider <> ", QuoteLiteral(provider));
  }
  absl::StrAppend(&body,
                  Loop(absl::StrCat("WITH ", Schemas(), ",\n", kLabels, kResetComments, but)));
  return absl::StrCat("DO $siphon$\nDECLARE\n  statement pg_catalog.text;\nBEGIN\n", body,
                      "END\n$siphon$;\n");
}

absl::StatusOr<std::vector<std::string>> RightsOfOthers(const base::Context& context,
                                                        Session& session,
                                                        const verbs::RestoreOptions& options) {
  std::vector<std::string> objects;
  const auto add = [&](const std::string& sql) -> absl::Status {
    ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"t"}, sql));
    for (int row = 0; row < rows.size(); ++row) objects.emplace_back(rows.Text(row, 0));
    return absl::OkStatus();
  };
  if (!options.no_acl) {
    RETURN_IF_ERROR(
        add(absl::StrCat("WITH ", Schemas(), ",\n", kDefaults, ",\n", kObjects, ",\n", kChanges,
                         "\nSELECT DISTINCT before || pg_catalog.regexp_replace("
                         "place, '^.* ON ', '') FROM change WHERE NOT ",
                         kMayChange, " ORDER BY 1")));
  }
  RETURN_IF_ERROR(
      add(absl::StrCat("WITH ", Schemas(), ",\n", kLabels, kOthersParts, " ORDER BY 1")));
  return objects;
}

absl::StatusOr<std::vector<std::string>> AbsentProviders(const base::Context& context,
                                                         Session& session) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context, {"tt"},
                    absl::StrCat("WITH ", Schemas(), ",\n", kLabels,
                                 "\nSELECT l.provider, pg_catalog.min(pg_catalog.format("
                                 "'SECURITY LABEL FOR %I ON SCHEMA %I IS NULL', l.provider,"
                                 " l.nspname)) FROM label l"
                                 " WHERE pg_catalog.pg_has_role(current_user, l.nspowner, 'USAGE')"
                                 " GROUP BY l.provider ORDER BY 1")));
  std::vector<std::string> absent;
  for (int row = 0; row < rows.size(); ++row) {
    ASSIGN_OR_RETURN(const Transaction transaction, Transaction::Begin(context, session, "BEGIN"));
    const absl::Status status = session.Execute(context, std::string(rows.Text(row, 1)));
    RETURN_IF_ERROR(context.Check());
    if (SqlState(status) == kNotLoaded) absent.emplace_back(rows.Text(row, 0));
  }
  return absent;
}

absl::StatusOr<Frame> SetDefaultPrivilegesAside(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context, {"tt"},
                    absl::StrCat("WITH ", kDefaults,
                                 ",\nrights AS (SELECT * FROM default_acl"
                                 " WHERE owner = (SELECT oid FROM pg_catalog.pg_roles"
                                 " WHERE rolname = current_user)),\n",
                                 kChanges, "\nSELECT away, back FROM change ORDER BY n")));
  Frame frame;
  for (int row = 0; row < rows.size(); ++row) {
    absl::StrAppend(&frame.before, rows.Text(row, 0), ";\n");
    frame.after = absl::StrCat(rows.Text(row, 1), ";\n", frame.after);
  }
  return frame;
}

}  // namespace siphon::postgres
