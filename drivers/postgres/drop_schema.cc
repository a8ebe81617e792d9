// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/drop_schema.h"

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/postgres/object_kinds.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

// Objects in a message.
constexpr size_t kListedObjects = 20;

// The beginning of the statements below, which run with an empty search_path. `objects`: all that
// is in a schema. `dropped`: those of the schema $1, each with the statement that drops it, without
// members of extensions and parts of other objects.
std::string WithDropped() {
  return absl::StrCat(
      "WITH RECURSIVE here AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1),\n"
      "objects AS (",
      ObjectsSql([](const ObjectKind& kind) { return kind.in_schema(); }),
      "),\ndropped(class, oid, statement) AS (\n  SELECT o.class, o.oid, ", kDropStatement,
      " FROM objects AS o, LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) AS i"
      " WHERE o.namespace = (SELECT oid FROM here) AND ",
      kStandsAlone, ")\n");
}

// With an empty search_path, after WithDropped(). What CASCADE would take along outside the schema
// $1, without the parts of objects that are named. `reached`: all that goes, as in
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
      LEFT JOIN objects AS o ON o.class = r.class AND o.oid = r.oid)
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

// With an empty search_path. What is not in the schema $1, nor a part of an extension.
std::string StayingSql() {
  return absl::StrCat(
      "SELECT pg_catalog.concat(i.type, ' ', i.identity) FROM (",
      ObjectsSql([](const ObjectKind& kind) { return kind.of_database(); }),
      ") AS o, LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) AS i WHERE ", kOfUsers,
      " AND ", kStandsAlone,
      " AND NOT (o.class = 'pg_catalog.pg_namespace'::regclass AND o.name = $1) ORDER BY 1");
}

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
                   Texts(context, session, absl::StrCat(WithDropped(), kTakenAlong), schema));
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
  ASSIGN_OR_RETURN(std::vector<std::string> statements,
                   Texts(context, session,
                         absl::StrCat(WithDropped(), "SELECT statement FROM dropped"), schema));
  statements.push_back(absl::StrCat("DROP TABLE IF EXISTS ", absl::StrJoin(tables, ", ")));
  RETURN_IF_ERROR(session.Execute(context, absl::StrJoin(statements, ";\n")));
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   Texts(context, session, StayingSql(), schema));
  RETURN_IF_ERROR(transaction.Commit(context));
  if (names.empty()) return absl::OkStatus();
  context.Warn("migrate", absl::StrCat("not in the schema ", schema, ", and so not dropped: ",
                                       base::ListSome(names, kListedObjects, ", ")));
  return absl::OkStatus();
}

}  // namespace siphon::postgres
