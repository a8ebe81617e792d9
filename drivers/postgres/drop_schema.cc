// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/drop_schema.h"

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

// Objects in a message.
constexpr size_t kListedObjects = 20;

// The beginning of the statements below, which run with an empty search_path. `dropped`: all
// objects of the schema $1, each with the statement that drops it, without members of extensions
// and parts of other objects. `others`: the objects of the kinds that have no case of their own.
constexpr std::string_view kDropped = R"sql(
WITH RECURSIVE here AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1),
  owned AS (SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
    OR (deptype = 'i' AND (classid <> refclassid OR objid <> refobjid))),
  others AS (
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
    FROM pg_catalog.pg_collation),
  dropped(class, oid, statement) AS (
    SELECT 'pg_catalog.pg_class'::regclass, c.oid,
      pg_catalog.format('DROP %s IF EXISTS %I.%I CASCADE',
        CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
          WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, $1::text, relname)
    FROM pg_catalog.pg_class c
    WHERE relnamespace = (SELECT oid FROM here) AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND NOT EXISTS (SELECT FROM owned WHERE classid = 'pg_catalog.pg_class'::regclass
        AND objid = c.oid)
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::regclass, p.oid,
      pg_catalog.format('DROP ROUTINE IF EXISTS %I.%I(%s) CASCADE', $1::text, proname,
        pg_catalog.pg_get_function_identity_arguments(p.oid))
    FROM pg_catalog.pg_proc p
    WHERE pronamespace = (SELECT oid FROM here) AND NOT EXISTS (SELECT FROM owned
        WHERE classid = 'pg_catalog.pg_proc'::regclass AND objid = p.oid)
    UNION ALL
    SELECT 'pg_catalog.pg_type'::regclass, t.oid,
      pg_catalog.format('DROP %s IF EXISTS %I.%I CASCADE',
        CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, $1::text, typname)
    FROM pg_catalog.pg_type t
    WHERE typnamespace = (SELECT oid FROM here) AND typelem = 0 AND (typtype IN ('d', 'e', 'r', 'b')
        OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = typrelid AND relkind = 'c'))
      AND NOT EXISTS (SELECT FROM owned WHERE classid = 'pg_catalog.pg_type'::regclass
        AND objid = t.oid)
    UNION ALL
    SELECT o.class, o.oid, pg_catalog.format('DROP %s IF EXISTS %s CASCADE',
        CASE i.type WHEN 'statistics object' THEN 'STATISTICS' ELSE pg_catalog.upper(i.type) END,
        i.identity)
    FROM others AS o,
      LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) AS i
    WHERE o.namespace = (SELECT oid FROM here)
      AND NOT EXISTS (SELECT FROM owned WHERE classid = o.class AND objid = o.oid))
)sql";

// With an empty search_path, after kDropped. What CASCADE would take along outside the schema $1,
// without the parts of objects that are named. `reached`: all that goes, as in
// findDependentObjects() in src/backend/catalog/dependency.c; an object goes with its part, too (a
// view with its rule).
constexpr std::string_view kTakenAlong = R"sql(,
  reached(class, oid, sub) AS (
    SELECT class::oid, oid, 0 FROM dropped
    UNION
    SELECT next.class, next.oid, next.sub
    FROM reached AS r, LATERAL (
        SELECT d.classid, d.objid, d.objsubid FROM pg_catalog.pg_depend AS d
        WHERE d.refclassid = r.class AND d.refobjid = r.oid AND r.sub IN (0, d.refobjsubid)
        UNION ALL SELECT d.refclassid, d.refobjid, d.refobjsubid FROM pg_catalog.pg_depend AS d
        WHERE d.classid = r.class AND d.objid = r.oid AND d.objsubid = r.sub
          AND d.deptype IN ('i', 'e')) AS next(class, oid, sub)),
  placed AS (
    SELECT r.class, r.oid, r.sub, COALESCE(c.relnamespace, p.pronamespace, t.typnamespace,
        n.connamespace, o.namespace) AS namespace
    FROM reached AS r
      LEFT JOIN pg_catalog.pg_attrdef AS a
        ON r.class = 'pg_catalog.pg_attrdef'::regclass AND a.oid = r.oid
      LEFT JOIN pg_catalog.pg_trigger AS g
        ON r.class = 'pg_catalog.pg_trigger'::regclass AND g.oid = r.oid
      LEFT JOIN pg_catalog.pg_rewrite AS w
        ON r.class = 'pg_catalog.pg_rewrite'::regclass AND w.oid = r.oid
      LEFT JOIN pg_catalog.pg_policy AS y
        ON r.class = 'pg_catalog.pg_policy'::regclass AND y.oid = r.oid
      LEFT JOIN pg_catalog.pg_class AS c
        ON c.oid = CASE WHEN r.class = 'pg_catalog.pg_class'::regclass THEN r.oid
          ELSE COALESCE(a.adrelid, g.tgrelid, w.ev_class, y.polrelid) END
      LEFT JOIN pg_catalog.pg_cast AS k
        ON r.class = 'pg_catalog.pg_cast'::regclass AND k.oid = r.oid
      LEFT JOIN pg_catalog.pg_type AS s
        ON s.oid = k.castsource AND s.typnamespace = (SELECT oid FROM here)
      LEFT JOIN pg_catalog.pg_transform AS f
        ON r.class = 'pg_catalog.pg_transform'::regclass AND f.oid = r.oid
      LEFT JOIN pg_catalog.pg_type AS t
        ON t.oid = CASE WHEN r.class = 'pg_catalog.pg_type'::regclass THEN r.oid
          ELSE COALESCE(s.oid, k.casttarget, f.trftype) END
      LEFT JOIN pg_catalog.pg_proc AS p
        ON r.class = 'pg_catalog.pg_proc'::regclass AND p.oid = r.oid
      LEFT JOIN pg_catalog.pg_constraint AS n
        ON r.class = 'pg_catalog.pg_constraint'::regclass AND n.oid = r.oid
      LEFT JOIN others AS o ON o.class = r.class AND o.oid = r.oid)
SELECT pg_catalog.concat(i.type, ' ', i.identity) COLLATE pg_catalog."C"
FROM placed AS o, LATERAL pg_catalog.pg_identify_object(o.class, o.oid, o.sub) AS i
WHERE o.namespace IS DISTINCT FROM (SELECT oid FROM here)
  AND NOT EXISTS (SELECT FROM reached AS r
    WHERE o.sub <> 0 AND r.class = o.class AND r.oid = o.oid AND r.sub = 0)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
      JOIN placed AS r ON r.class = d.refclassid AND r.oid = d.refobjid
        AND r.sub IN (0, d.refobjsubid)
    WHERE d.classid = o.class AND d.objid = o.oid AND d.objsubid = o.sub
      AND (d.deptype IN ('i', 'e') OR (d.deptype IN ('a', 'P', 'S')
        AND (o.namespace IS NULL OR r.namespace IS DISTINCT FROM (SELECT oid FROM here)))))
ORDER BY 1)sql";

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

absl::StatusOr<std::vector<std::string>> Texts(const base::Context& context, Session& session,
                                               const std::string& sql, const std::string& schema) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"t"}, sql, {schema}));
  std::vector<std::string> texts;
  for (int i = 0; i < rows.size(); ++i) texts.emplace_back(rows.Text(i, 0));
  return texts;
}

absl::Status RefuseToTakeAlong(const base::Context& context, Session& session,
                               const std::string& schema) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   Texts(context, session, absl::StrCat(kDropped, kTakenAlong), schema));
  if (names.empty()) return absl::OkStatus();
  return errs::UserError(
      "postgres.migrate", errs::kDatabase,
      absl::StrCat("objects outside the schema ", schema,
                   " depend on objects in it and would be dropped too: ",
                   base::ListSome(names, kListedObjects), "; nothing was dropped"),
      absl::StrCat("drop them first, or move them into the schema ", schema,
                   " if they are to be dropped with it"));
}

}  // namespace

absl::Status DropContent(const base::Context& context, Session& session, const std::string& schema,
                         const std::vector<std::string>& tables) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(context, session, "BEGIN"));
  RETURN_IF_ERROR(session.Execute(context, "SET LOCAL search_path = ''"));
  // Compiling the recursive query takes longer than running it.
  RETURN_IF_ERROR(session.Execute(context, "SET LOCAL jit = off"));
  RETURN_IF_ERROR(RefuseToTakeAlong(context, session, schema));
  ASSIGN_OR_RETURN(
      std::vector<std::string> statements,
      Texts(context, session, absl::StrCat(kDropped, "SELECT statement FROM dropped"), schema));
  statements.push_back(absl::StrCat("DROP TABLE IF EXISTS ", absl::StrJoin(tables, ", ")));
  RETURN_IF_ERROR(session.Execute(context, absl::StrJoin(statements, ";\n")));
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   Texts(context, session, std::string(kStaying), schema));
  RETURN_IF_ERROR(transaction.Commit(context));
  if (names.empty()) return absl::OkStatus();
  context.Warn("migrate", absl::StrCat("not in the schema ", schema, ", and so not dropped: ",
                                       base::ListSome(names, kListedObjects, ", ")));
  return absl::OkStatus();
}

}  // namespace siphon::postgres
