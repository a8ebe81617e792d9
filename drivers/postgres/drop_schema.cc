// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/drop_schema.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

// Objects in the warning.
constexpr size_t kListedObjects = 20;

// With an empty search_path. All objects of one schema, each as the statement that drops it,
// without members of extensions and parts of other objects.
constexpr std::string_view kDropStatements = R"sql(
WITH here AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1),
  owned AS (SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
    OR (deptype = 'i' AND (classid <> refclassid OR objid <> refobjid)))
SELECT pg_catalog.format('DROP %s IF EXISTS %I.%I CASCADE',
    CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
      WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, $1::text, relname)
FROM pg_catalog.pg_class c
WHERE relnamespace = (SELECT oid FROM here) AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  AND NOT EXISTS (SELECT FROM owned WHERE classid = 'pg_catalog.pg_class'::regclass
    AND objid = c.oid)
UNION ALL
SELECT pg_catalog.format('DROP ROUTINE IF EXISTS %I.%I(%s) CASCADE', $1::text, proname,
    pg_catalog.pg_get_function_identity_arguments(p.oid))
FROM pg_catalog.pg_proc p
WHERE pronamespace = (SELECT oid FROM here) AND NOT EXISTS (SELECT FROM owned
    WHERE classid = 'pg_catalog.pg_proc'::regclass AND objid = p.oid)
UNION ALL
SELECT pg_catalog.format('DROP %s IF EXISTS %I.%I CASCADE',
    CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, $1::text, typname)
FROM pg_catalog.pg_type t
WHERE typnamespace = (SELECT oid FROM here) AND typelem = 0 AND (typtype IN ('d', 'e', 'r', 'b')
    OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = typrelid AND relkind = 'c'))
  AND NOT EXISTS (SELECT FROM owned WHERE classid = 'pg_catalog.pg_type'::regclass
    AND objid = t.oid)
UNION ALL
SELECT pg_catalog.format('DROP %s IF EXISTS %s CASCADE',
    CASE i.type WHEN 'statistics object' THEN 'STATISTICS' ELSE pg_catalog.upper(i.type) END,
    i.identity)
FROM (
    SELECT 'pg_catalog.pg_operator'::regclass AS class, oid, oprnamespace AS namespace
    FROM pg_catalog.pg_operator
    UNION ALL SELECT 'pg_catalog.pg_opfamily'::regclass, oid, opfnamespace
    FROM pg_catalog.pg_opfamily
    UNION ALL SELECT 'pg_catalog.pg_opclass'::regclass, oid, opcnamespace
    FROM pg_catalog.pg_opclass
    UNION ALL SELECT 'pg_catalog.pg_ts_config'::regclass, oid, cfgnamespace
    FROM pg_catalog.pg_ts_config
    UNION ALL SELECT 'pg_catalog.pg_ts_dict'::regclass, oid, dictnamespace
    FROM pg_catalog.pg_ts_dict
    UNION ALL SELECT 'pg_catalog.pg_ts_template'::regclass, oid, tmplnamespace
    FROM pg_catalog.pg_ts_template
    UNION ALL SELECT 'pg_catalog.pg_ts_parser'::regclass, oid, prsnamespace
    FROM pg_catalog.pg_ts_parser
    UNION ALL SELECT 'pg_catalog.pg_conversion'::regclass, oid, connamespace
    FROM pg_catalog.pg_conversion
    UNION ALL SELECT 'pg_catalog.pg_statistic_ext'::regclass, oid, stxnamespace
    FROM pg_catalog.pg_statistic_ext
    UNION ALL SELECT 'pg_catalog.pg_collation'::regclass, oid, collnamespace
    FROM pg_catalog.pg_collation) AS o,
  LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) AS i
WHERE o.namespace = (SELECT oid FROM here)
  AND NOT EXISTS (SELECT FROM owned WHERE classid = o.class AND objid = o.oid))sql";

// With an empty search_path. What is not in the schema, nor a part of an extension. Objects of
// every database have smaller numbers.
constexpr std::string_view kStaying = R"sql(
SELECT pg_catalog.concat(i.type, ' ', i.identity)
FROM (
    SELECT 'pg_catalog.pg_namespace'::regclass AS class, oid FROM pg_catalog.pg_namespace
    WHERE nspname <> $1 AND nspname NOT LIKE 'pg\_%'
    UNION ALL SELECT 'pg_catalog.pg_extension'::regclass, oid FROM pg_catalog.pg_extension
    UNION ALL SELECT 'pg_catalog.pg_cast'::regclass, oid FROM pg_catalog.pg_cast
    UNION ALL SELECT 'pg_catalog.pg_transform'::regclass, oid FROM pg_catalog.pg_transform
    UNION ALL SELECT 'pg_catalog.pg_language'::regclass, oid FROM pg_catalog.pg_language
    UNION ALL SELECT 'pg_catalog.pg_am'::regclass, oid FROM pg_catalog.pg_am
    UNION ALL SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid
    FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_catalog.pg_foreign_server'::regclass, oid
    FROM pg_catalog.pg_foreign_server
    UNION ALL SELECT 'pg_catalog.pg_event_trigger'::regclass, oid FROM pg_catalog.pg_event_trigger
    UNION ALL SELECT 'pg_catalog.pg_publication'::regclass, oid FROM pg_catalog.pg_publication
    UNION ALL SELECT 'pg_catalog.pg_subscription'::regclass, s.oid
    FROM pg_catalog.pg_subscription AS s
      JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid
    WHERE d.datname = pg_catalog.current_database()
    UNION ALL SELECT 'pg_catalog.pg_default_acl'::regclass, oid FROM pg_catalog.pg_default_acl
    UNION ALL SELECT 'pg_catalog.pg_largeobject'::regclass, oid
    FROM pg_catalog.pg_largeobject_metadata) AS o,
  LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) AS i
WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
ORDER BY 1)sql";

}  // namespace

absl::Status DropContent(const base::Context& context, Session& session, const std::string& schema,
                         const std::vector<std::string>& tables) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(context, session, "BEGIN"));
  RETURN_IF_ERROR(session.Execute(context, "SET LOCAL search_path = ''"));
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, {"t"}, std::string(kDropStatements), {schema}));
  std::string sql;
  for (int i = 0; i < rows.size(); ++i) absl::StrAppend(&sql, rows.Text(i, 0), ";\n");
  absl::StrAppend(&sql, "DROP TABLE IF EXISTS ", absl::StrJoin(tables, ", "));
  RETURN_IF_ERROR(session.Execute(context, sql));
  ASSIGN_OR_RETURN(const Rows staying,
                   session.Query(context, {"t"}, std::string(kStaying), {schema}));
  RETURN_IF_ERROR(transaction.Commit(context));
  if (staying.size() == 0) return absl::OkStatus();
  std::vector<std::string> names;
  for (int i = 0; i < staying.size(); ++i) names.emplace_back(staying.Text(i, 0));
  context.Warn("migrate", absl::StrCat("not in the schema ", schema, ", and so not dropped: ",
                                       base::ListSome(names, kListedObjects, ", ")));
  return absl::OkStatus();
}

}  // namespace siphon::postgres
