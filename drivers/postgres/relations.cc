// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/relations.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

// Only relations with files have sizes.
constexpr char kRelationsQuery[] = R"sql(
SELECT c.oid, n.nspname, c.relname, c.relkind,
  -- Visible to the user's own sessions: the first of its name along their search_path.
  c.oid = (SELECT v.oid FROM pg_catalog.pg_class v
      JOIN pg_catalog.pg_namespace s ON s.oid = v.relnamespace
    WHERE v.relname = c.relname AND s.nspname = ANY ($1::pg_catalog.name[])
    ORDER BY pg_catalog.array_position($1::pg_catalog.name[], s.nspname) LIMIT 1),
  (SELECT i.inhparent FROM pg_catalog.pg_inherits i
    WHERE c.relispartition AND i.inhrelid = c.oid LIMIT 1),
  -- For a table that was never analysed (-1), the count of inserts and deletes. Partitioned tables
  -- get the sum of their partitions.
  CASE WHEN c.relkind NOT IN ('r', 'm') THEN 0
    WHEN c.reltuples > 0 THEN c.reltuples::bigint ELSE pg_catalog.pg_stat_get_live_tuples(c.oid) END,
  CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_table_size(c.oid) ELSE 0 END,
  CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_indexes_size(c.oid) ELSE 0 END,
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_index x WHERE x.indrelid = c.oid),
  c.relispopulated, c.relhassubclass,
  c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery()
FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
      AND d.deptype = 'e')
ORDER BY 2, 3)sql";

// Whether the current user trusts all who may put code into the relation, or another relation in
// its place: its owner, and those of the schema and the database. The narrowest column.
constexpr char kOwnersQuery[] = R"sql(
SELECT NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles o
    WHERE o.oid IN (c.relowner, n.nspowner, d.datdba)
      AND NOT o.rolsuper AND o.rolname <> current_user AND o.rolname <> 'pg_database_owner'),
  (SELECT a.attname FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
    ORDER BY a.attlen < 0, a.attlen, a.attnum LIMIT 1)
FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
WHERE c.oid = $1::pg_catalog.oid)sql";

// The first server with COPY of a materialized view.
constexpr int kFirstCopyOfViews = 18;

constexpr char kPropertiesQuery[] = R"sql(
SELECT pg_catalog.pg_database_size(d.oid), pg_catalog.pg_encoding_to_char(d.encoding),
  d.datcollate, d.datctype,
  (SELECT pg_catalog.string_agg(n.nspname, ', ' ORDER BY n.nspname) FROM pg_catalog.pg_namespace n
    WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'),
  (SELECT pg_catalog.string_agg(e.extname || ' ' || e.extversion, ', ' ORDER BY e.extname)
    FROM pg_catalog.pg_extension e),
  pg_catalog.version()
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())sql";

verbs::TableSchema TableOf(const Relation& relation) {
  verbs::TableSchema table;
  table.name = DisplayName(relation.schema, relation.name);
  table.kind = KindName(relation.kind);
  table.rows = relation.rows;
  table.bytes = relation.bytes;
  table.index_bytes = relation.index_bytes;
  table.indexes = relation.indexes;
  return table;
}

// A view shows rows of other tables, and the rows of a foreign table are on another server.
bool HasOwnRows(char kind) { return kind == 'r' || kind == 'm'; }

// Adds rows and sizes of partitions to their partitioned tables. A sum with an estimate is one.
void AddToParents(const std::vector<Relation>& relations, std::vector<verbs::TableSchema>& tables) {
  std::map<std::string, size_t> by_oid;
  for (size_t i = 0; i < relations.size(); ++i) by_oid[relations[i].oid] = i;
  for (size_t i = 0; i < relations.size(); ++i) {
    if (!HasOwnRows(relations[i].kind)) continue;
    // The number of relations limits the depth.
    auto parent = by_oid.find(relations[i].parent);
    for (size_t depth = 0; parent != by_oid.end() && depth < relations.size(); ++depth) {
      verbs::TableSchema& table = tables[parent->second];
      table.rows += tables[i].rows;
      table.rows_exact = table.rows_exact && tables[i].rows_exact;
      table.bytes += tables[i].bytes;
      table.index_bytes += tables[i].index_bytes;
      parent = by_oid.find(relations[parent->second].parent);
    }
  }
}

absl::Status ReadProperties(const base::Context& context, Session& session, verbs::Schema& schema) {
  ASSIGN_OR_RETURN(const Rows rows, session.QueryRow(context, {"itt?t?t?t?t"}, kPropertiesQuery));
  schema.bytes = rows.Int(0, 0);
  constexpr std::string_view kNames[] = {"encoding", "collation",  "ctype",
                                         "schemas",  "extensions", "server"};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    std::string value = ToUtf8(rows.Text(0, static_cast<int>(i) + 1));
    if (!value.empty()) schema.properties.emplace_back(kNames[i], std::move(value));
  }
  return absl::OkStatus();
}

}  // namespace

std::string KindName(char kind) {
  switch (kind) {
    case 'r':
      return "table";
    case 'p':
      return "partitioned table";
    case 'v':
      return "view";
    case 'm':
      return "materialized view";
    case 'f':
      return "foreign table";
    case 'S':
      return "sequence";
    default:
      return "relation";
  }
}

absl::StatusOr<std::vector<Relation>> ReadRelations(const base::Context& context,
                                                    Session& session) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"tttcb?t?i?i?i?ibbb"}, kRelationsQuery,
                                                  {session.user_search_path()}));
  std::vector<Relation> relations;
  for (int row = 0; row < rows.size(); ++row) {
    Relation relation;
    relation.oid = rows.Text(row, 0);
    relation.schema = rows.Text(row, 1);
    relation.name = rows.Text(row, 2);
    relation.kind = rows.Text(row, 3).front();
    relation.visible = rows.Bool(row, 4);
    relation.parent = rows.Text(row, 5);
    relation.rows = rows.Int(row, 6);
    relation.bytes = rows.Int(row, 7);
    relation.index_bytes = rows.Int(row, 8);
    relation.indexes = static_cast<int>(rows.Int(row, 9));
    relation.populated = rows.Bool(row, 10);
    relation.has_children = rows.Bool(row, 11);
    relation.out_of_reach = rows.Bool(row, 12);
    relations.push_back(std::move(relation));
  }
  return relations;
}

absl::StatusOr<std::optional<int64_t>> CountRows(const base::Context& context, Session& session,
                                                 const Relation& relation) {
  const std::string name = QuoteQualified(relation.schema, relation.name);
  ASSIGN_OR_RETURN(const Rows found, session.Query(context, {"bt?"}, kOwnersQuery, {relation.oid}));
  if (found.size() == 1 && found.Bool(0, 0)) {
    ASSIGN_OR_RETURN(const Rows rows,
                     session.QueryRow(context, {"i"},
                                      absl::StrCat("SELECT pg_catalog.count(*) FROM ONLY ", name)));
    return rows.Int(0, 0);
  }
  if (relation.kind == 'm' && session.server_major() < kFirstCopyOfViews) return std::nullopt;
  std::string column;
  if (found.size() == 1 && !found.IsNull(0, 1)) {
    column = absl::StrCat(" (", QuoteIdentifier(found.Text(0, 1)), ")");
  }
  ASSIGN_OR_RETURN(const int64_t count,
                   session.CountCopied(context, absl::StrCat("COPY ", name, column, " TO STDOUT")));
  return count;
}

absl::StatusOr<verbs::Schema> Inspect(const base::Context& context, Session& session,
                                      const verbs::InspectOptions& options) {
  ASSIGN_OR_RETURN(
      const Transaction transaction,
      Transaction::Begin(context, session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  verbs::Schema schema;
  schema.engine = "postgres";
  schema.engine_version = session.server_version_text();
  RETURN_IF_ERROR(ReadProperties(context, session, schema));
  ASSIGN_OR_RETURN(std::vector<Relation> relations, ReadRelations(context, session));
  std::erase_if(relations, [](const Relation& relation) { return relation.kind == 'S'; });
  std::vector<std::string> not_counted, of_others;
  for (const Relation& relation : relations) {
    verbs::TableSchema table = TableOf(relation);
    bool counts = options.exact && HasOwnRows(relation.kind);
    if (counts && relation.out_of_reach) {
      not_counted.push_back(table.name);
      counts = false;
    } else if (counts && relation.populated) {
      ASSIGN_OR_RETURN(const std::optional<int64_t> rows, CountRows(context, session, relation));
      if (!rows.has_value()) of_others.push_back(table.name);
      counts = rows.has_value();
      table.rows = rows.value_or(table.rows);
    }
    table.rows_exact = counts || (options.exact && relation.kind == 'p');
    schema.tables.push_back(std::move(table));
  }
  if (!not_counted.empty()) {
    context.Warn("inspect", absl::StrCat("a standby does not have the rows of unlogged tables, so"
                                         " these are not counted: ",
                                         base::ListSome(not_counted)));
  }
  if (!of_others.empty()) {
    context.Warn("inspect", absl::StrCat("rows not counted, because the count could run code of the"
                                         " owners of these materialized views with your rights: ",
                                         base::ListSome(of_others)));
  }
  AddToParents(relations, schema.tables);
  std::sort(
      schema.tables.begin(), schema.tables.end(),
      [](const verbs::TableSchema& a, const verbs::TableSchema& b) { return a.name < b.name; });
  return schema;
}

}  // namespace siphon::postgres
