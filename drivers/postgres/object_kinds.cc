// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/object_kinds.h"

#include "absl/strings/str_cat.h"

namespace siphon::postgres {
namespace {

// Neither an array, nor the type of a table's rows, nor the multirange of a range.
constexpr std::string_view kOwnType = R"sql((o.typtype IN ('b', 'd', 'e', 'r')
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_type e WHERE e.typarray = o.oid)
  OR NOT o.typisdefined
  OR EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = o.typrelid AND c.relkind = 'c')))sql";

// Before 16, pg_identify_object() names a transform in a form that DROP TRANSFORM does not read.
constexpr std::string_view kTransform = R"sql((
  SELECT pg_catalog.format('FOR %s LANGUAGE %I', pg_catalog.format_type(o.trftype, NULL), l.lanname)
  FROM pg_catalog.pg_language l WHERE l.oid = o.trflang))sql";

constexpr std::string_view kSubscriptionHere =
    "o.subdbid = (SELECT h.oid FROM pg_catalog.pg_database h"
    " WHERE h.datname = pg_catalog.current_database())";

// An index that enforces a constraint is part of it.
constexpr std::string_view kIndex = R"sql(o.relkind IN ('i', 'I')
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k
    WHERE k.conindid = o.oid AND k.contype IN ('p', 'u', 'x')))sql";
constexpr std::string_view kIndexed =
    "(SELECT x.indrelid FROM pg_catalog.pg_index x WHERE x.indexrelid = o.oid)";

// Checks and NOT NULL are written with their table, but for some that are NOT VALID.
constexpr std::string_view kConstraint =
    "o.conrelid <> 0 AND (o.contype IN ('p', 'u', 'x')"
    " OR (o.contype = 'f' AND o.conparentid = 0))";

constexpr ObjectKind kKinds[] = {
    // In schemas.
    {.catalog = "pg_class",
     .name = "o.relname",
     .schema = "o.relnamespace",
     .condition = "o.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')"},
    {.catalog = "pg_proc", .name = "o.proname", .schema = "o.pronamespace", .words = "ROUTINE"},
    {.catalog = "pg_type", .name = "o.typname", .schema = "o.typnamespace", .condition = kOwnType},
    {.catalog = "pg_operator", .name = "o.oprname", .schema = "o.oprnamespace"},
    {.catalog = "pg_opfamily", .name = "o.opfname", .schema = "o.opfnamespace"},
    {.catalog = "pg_opclass", .name = "o.opcname", .schema = "o.opcnamespace"},
    {.catalog = "pg_ts_config", .name = "o.cfgname", .schema = "o.cfgnamespace"},
    {.catalog = "pg_ts_dict", .name = "o.dictname", .schema = "o.dictnamespace"},
    {.catalog = "pg_ts_template", .name = "o.tmplname", .schema = "o.tmplnamespace"},
    {.catalog = "pg_ts_parser", .name = "o.prsname", .schema = "o.prsnamespace"},
    {.catalog = "pg_conversion", .name = "o.conname", .schema = "o.connamespace"},
    {.catalog = "pg_statistic_ext",
     .name = "o.stxname",
     .schema = "o.stxnamespace",
     .relation = "o.stxrelid",
     .words = "STATISTICS"},
    {.catalog = "pg_collation", .name = "o.collname", .schema = "o.collnamespace"},
    // Of the database, in the order of WipeSql(): an event trigger could forbid the other drops.
    {.catalog = "pg_event_trigger", .name = "o.evtname"},
    {.catalog = "pg_publication", .name = "o.pubname"},
    {.catalog = "pg_namespace",
     .name = "o.nspname",
     .condition = "o.nspname <> 'information_schema' AND o.nspname !~ '^pg_'"},
    {.catalog = "pg_cast", .name = "''"},
    {.catalog = "pg_transform", .name = "''", .drop_name = kTransform},
    {.catalog = "pg_foreign_data_wrapper", .name = "o.fdwname", .words = "FOREIGN DATA WRAPPER"},
    {.catalog = "pg_foreign_server", .name = "o.srvname"},
    {.catalog = "pg_language", .name = "o.lanname"},
    {.catalog = "pg_am", .name = "o.amname"},
    {.catalog = "pg_subscription",
     .name = "o.subname",
     .condition = kSubscriptionHere,
     .wiped = false},
    {.catalog = "pg_extension", .name = "o.extname", .wiped = false},
    {.catalog = "pg_default_acl", .name = "''", .wiped = false},
    {.catalog = "pg_largeobject",
     .name = "o.oid::pg_catalog.text",
     .wiped = false,
     .rows = "pg_largeobject_metadata"},
    // Of relations.
    {.catalog = "pg_class", .name = "o.relname", .relation = kIndexed, .condition = kIndex},
    {.catalog = "pg_constraint",
     .name = "o.conname",
     .relation = "o.conrelid",
     .condition = kConstraint},
    {.catalog = "pg_trigger",
     .name = "o.tgname",
     .relation = "o.tgrelid",
     .condition = "NOT o.tgisinternal AND o.tgparentid = 0"},
    {.catalog = "pg_policy", .name = "o.polname", .relation = "o.polrelid"},
    {.catalog = "pg_rewrite",
     .name = "o.rulename",
     .relation = "o.ev_class",
     .condition = "o.rulename <> '_RETURN'"},
};

std::string OidOr(std::string_view column) {
  return column.empty() ? "NULL::pg_catalog.oid" : std::string(column);
}

std::string TextOr(std::string_view column) {
  return column.empty() ? "''" : absl::StrCat(column, "::pg_catalog.text");
}

}  // namespace

std::string ObjectsSql(absl::FunctionRef<bool(const ObjectKind&)> of) {
  std::string sql;
  int n = 0;
  for (const ObjectKind& kind : kKinds) {
    ++n;
    if (!of(kind)) continue;
    if (!sql.empty()) sql.append("\nUNION ALL ");
    absl::StrAppend(&sql, "SELECT ", n, " AS n, 'pg_catalog.", kind.catalog,
                    "'::pg_catalog.regclass AS class, o.oid, ", OidOr(kind.schema),
                    " AS namespace, ", OidOr(kind.relation), " AS relation, ", TextOr(kind.name),
                    " AS name, '", kind.words, "' AS words, ", TextOr(kind.drop_name),
                    " AS drop_name, ", kind.wiped ? "true" : "false", " AS wiped FROM pg_catalog.",
                    kind.rows.empty() ? kind.catalog : kind.rows, " o WHERE ", kind.condition);
  }
  return sql;
}

}  // namespace siphon::postgres
