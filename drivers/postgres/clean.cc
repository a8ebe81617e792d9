// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/clean.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_sql.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/object_kinds.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
constexpr std::string_view kStage = "restore";

// Separates subscriptions from their slots, because the drop of a slot on another server cannot be
// undone. The server allows that only if they are disabled.
constexpr char kWipeSubscriptions[] = R"sql(
  FOR victim IN
    SELECT s.subname FROM pg_catalog.pg_subscription s
    JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
    WHERE d.datname = pg_catalog.current_database()
  LOOP
    EXECUTE pg_catalog.format('ALTER SUBSCRIPTION %I SET (slot_name = NONE)', victim.subname);
    EXECUTE pg_catalog.format('DROP SUBSCRIPTION %I', victim.subname);
  END LOOP;
)sql";

// Drops all tables in one statement, because their foreign keys may form a cycle.
constexpr char kWipeTables[] = R"sql(
  FOR victim IN
    SELECT pg_catalog.format('DROP TABLE %s CASCADE',
      pg_catalog.string_agg(c.oid::pg_catalog.regclass::pg_catalog.text, ', ')) AS statement
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
          AND d.deptype = 'e')
    HAVING pg_catalog.count(*) > 0
  LOOP
    EXECUTE victim.statement;
  END LOOP;
)sql";

constexpr char kWipeLargeObjects[] =
    "  PERFORM pg_catalog.lo_unlink(l.oid) FROM pg_catalog.pg_largeobject_metadata l;\n";

// Drops an extension whose rows are in the dump; the dump creates it again.
constexpr char kResetExtension[] = R"sql(
  FOR victim IN
    SELECT pg_catalog.format('DROP EXTENSION %I CASCADE', x.extname) AS statement
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'e'
      AND d.objid = ANY (ARRAY[%TABLES%]::pg_catalog.oid[])
    GROUP BY x.extname
  LOOP
    EXECUTE victim.statement;
  END LOOP;
)sql";

// The body of a DO statement that fails if a table of the plan has a partition that the plan lacks,
// which DROP TABLE would include. Locks the partitioned tables first, so that none is added later.
constexpr char kKeepPartitions[] = R"sql(
DECLARE
  tables CONSTANT pg_catalog.oid[] := ARRAY(
    SELECT c.oid FROM pg_catalog.unnest(ARRAY[%TABLES%]::pg_catalog.text[]) AS name
    JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(name));
  parent pg_catalog.regclass;
  partitions pg_catalog.text;
BEGIN
  FOR parent IN
    SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind = 'p' AND c.oid = ANY (tables)
    ORDER BY c.oid
  LOOP
    EXECUTE pg_catalog.format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', parent);
  END LOOP;
  SELECT pg_catalog.string_agg(i.inhrelid::pg_catalog.regclass::pg_catalog.text, ', ')
    INTO partitions
    FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhparent
    WHERE c.relkind = 'p' AND c.oid = ANY (tables) AND i.inhrelid <> ALL (tables);
  IF partitions IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist', MESSAGE = pg_catalog.concat(
      'tables that are to be replaced have partitions that are not restored: ', partitions),
      HINT = 'restore them as well, or detach them first (ALTER TABLE ... DETACH PARTITION)';
  END IF;
END)sql";

// Constraints, each as a statement that drops it and one that creates it. Then its comment, whether
// it has one, whether a trigger that enforces it is not in its usual state, its name and its table.
constexpr char kConstraintsQuery[] = R"sql(
SELECT pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::pg_catalog.regclass,
    k.conname),
  pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::pg_catalog.regclass,
    k.conname, pg_catalog.pg_get_constraintdef(k.oid)),
  pg_catalog.format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname,
    k.conrelid::pg_catalog.regclass, pg_catalog.obj_description(k.oid, 'pg_constraint')),
  pg_catalog.obj_description(k.oid, 'pg_constraint') IS NOT NULL,
  EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t
    WHERE t.tgconstraint = k.oid AND t.tgisinternal AND t.tgenabled <> 'O'),
  k.conname, k.conrelid::pg_catalog.regclass
FROM pg_catalog.pg_constraint k
WHERE k.conparentid = 0 AND )sql";
// Foreign keys from and to the tables, and constraints that old rows need not meet.
constexpr char kFromOrTo[] =
    "(k.contype = 'f' AND (k.conrelid IN (SELECT oid FROM touched)"
    " OR k.confrelid IN (SELECT oid FROM touched))"
    " OR k.contype IN ('c', 'n') AND NOT k.convalidated AND k.coninhcount = 0"
    " AND k.conrelid IN (SELECT oid FROM touched))";
constexpr char kFromOthers[] =
    "k.contype = 'f' AND k.conrelid NOT IN (SELECT oid FROM touched WHERE oid IS NOT NULL)"
    " AND k.confrelid IN (SELECT oid FROM touched)";
constexpr char kConstraintsEnd[] = " ORDER BY k.conrelid, k.conname";

// NOT VALID constraints of the domains that the tables use, as the type of a column or inside such
// a type (array, range, composite, domain). Each row: the statements that drop the constraint,
// create it and set its comment; whether it has a comment; whether the user may change the domain;
// the names of the constraint, the domain's schema and the domain.
constexpr char kDomainsQuery[] = R"sql(, types(oid) AS (
  SELECT a.atttypid FROM touched t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION SELECT part.oid FROM types s JOIN pg_catalog.pg_type y ON y.oid = s.oid CROSS JOIN LATERAL (
    SELECT y.typelem UNION ALL SELECT y.typbasetype
    UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r
      WHERE y.oid IN (r.rngtypid, r.rngmultitypid)
    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS part(oid)
  WHERE part.oid <> 0)
SELECT pg_catalog.format('ALTER DOMAIN %s DROP CONSTRAINT %I', y.oid::pg_catalog.regtype,
    k.conname),
  pg_catalog.format('ALTER DOMAIN %s ADD CONSTRAINT %I %s', y.oid::pg_catalog.regtype, k.conname,
    pg_catalog.pg_get_constraintdef(k.oid)),
  pg_catalog.format('COMMENT ON CONSTRAINT %I ON DOMAIN %s IS %L', k.conname,
    y.oid::pg_catalog.regtype, pg_catalog.obj_description(k.oid, 'pg_constraint')),
  pg_catalog.obj_description(k.oid, 'pg_constraint') IS NOT NULL,
  pg_catalog.pg_has_role(current_user, y.typowner, 'USAGE'), k.conname, n.nspname, y.typname
FROM types s JOIN pg_catalog.pg_type y ON y.oid = s.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
  JOIN pg_catalog.pg_constraint k ON k.contypid = y.oid
WHERE NOT k.convalidated ORDER BY y.oid, k.conname)sql";

// Members of extensions among the tables: the name as given, schema and name, extension, whether
// the extension lists it as configuration, its condition for the rows that are not its own, and
// whether the table has rules.
constexpr char kMembersQuery[] = R"sql(
SELECT given.name, n.nspname, c.relname, x.extname, place.at IS NOT NULL,
  COALESCE(x.extcondition[place.at], ''), c.relhasrules
FROM pg_catalog.unnest(ARRAY[%TABLES%]::pg_catalog.text[]) AS given(name)
  JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(given.name)
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
  JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
  CROSS JOIN LATERAL (SELECT pg_catalog.array_position(x.extconfig, c.oid) AS at) AS place)sql";

// The tables and, for rows that go through a partitioned table, its partitions.
constexpr char kFamily[] = R"sql(, family(oid) AS (SELECT oid FROM touched WHERE oid IS NOT NULL
  UNION SELECT i.inhrelid FROM family f JOIN pg_catalog.pg_class c ON c.oid = f.oid
    JOIN pg_catalog.pg_inherits i ON i.inhparent = c.oid WHERE c.relkind = 'p' AND %ROOT%))sql";

// Triggers, each as a statement that disables it and one that restores its state; true if it is not
// disabled. A trigger of a partition may have another state than that of the partitioned table. Old
// minor versions change both, even with ONLY: so partitions come after their tables, and disabled
// triggers are among them. Up to 14, triggers of partitions count as internal.
constexpr char kTriggersQuery[] = R"sql(
SELECT pg_catalog.format('ALTER TABLE ONLY %s DISABLE TRIGGER %I',
    t.tgrelid::pg_catalog.regclass, t.tgname),
  pg_catalog.format('ALTER TABLE ONLY %s %s TRIGGER %I', t.tgrelid::pg_catalog.regclass,
    CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
      WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END, t.tgname),
  t.tgenabled <> 'D'
FROM pg_catalog.pg_trigger t
WHERE t.tgrelid IN (SELECT oid FROM family) AND (t.tgenabled <> 'D' OR t.tgparentid <> 0)
  AND (NOT t.tgisinternal OR t.tgparentid <> 0 AND NOT EXISTS (
    SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.oid = t.tgconstraint AND k.contype <> 't'))
ORDER BY (SELECT pg_catalog.count(*) FROM pg_catalog.pg_partition_ancestors(t.tgrelid)),
  t.tgrelid, t.tgname)sql";

// `text` with `tables` in the place of %TABLES%.
std::string WithTables(std::string_view text, std::string_view tables) {
  return absl::StrReplaceAll(text, {{"%TABLES%", tables}});
}

// "'\"public\".\"t\"', '\"public\".\"u\"'"
std::string Literals(const std::vector<std::string>& names) {
  return absl::StrJoin(names, ", ", [](std::string* out, const std::string& name) {
    absl::StrAppend(out, QuoteLiteral(name));
  });
}

// The tables and their partitioned tables, where the foreign keys of partitions are defined.
std::string WithTouched(const std::vector<std::string>& tables) {
  return absl::StrCat(
      "WITH RECURSIVE touched(oid) AS (SELECT pg_catalog.to_regclass(name)::pg_catalog.oid"
      " FROM pg_catalog.unnest(ARRAY[",
      Literals(tables),
      "]::pg_catalog.text[]) AS name"
      " UNION SELECT i.inhparent FROM touched t JOIN pg_catalog.pg_inherits i ON i.inhrelid = t.oid"
      " JOIN pg_catalog.pg_class c ON c.oid = i.inhparent AND c.relkind = 'p')");
}

// Waits a limited time for locks of other sessions while old objects are dropped; after that
// without limit.
constexpr char kSoon[] = "SET LOCAL lock_timeout = '30s'";
constexpr char kLater[] = "SET LOCAL lock_timeout = 0";

void Add(std::string_view statement, std::string& sql) { absl::StrAppend(&sql, statement, ";\n"); }

// The quoted names for siphon's own queries. Leaves out names in an unknown encoding.
std::vector<std::string> Quoted(const Session& session, const Archive& archive,
                                const std::vector<const ArchiveEntry*>& entries) {
  std::vector<std::string> names;
  for (const ArchiveEntry* entry : entries) {
    const std::optional<std::string> schema =
        SessionText(archive, entry->schema, session.is_sql_ascii());
    const std::optional<std::string> name =
        SessionText(archive, entry->tag, session.is_sql_ascii());
    if (schema.has_value() && name.has_value()) names.push_back(QuoteQualified(*schema, *name));
  }
  return names;
}

// Drops the objects of ObjectsSql() that meet a condition about `o` and its schema `n`. Because of
// the sort, the server names all of them before it drops the first, which may include others.
std::string WipeLoop(std::string_view objects, std::string_view condition) {
  return absl::StrCat("  FOR statement IN\n    SELECT ", kDropStatement, "\n    FROM (", objects,
                      ") AS o LEFT JOIN pg_catalog.pg_namespace n ON n.oid = CASE o.class"
                      " WHEN 'pg_catalog.pg_namespace'::pg_catalog.regclass THEN o.oid"
                      " ELSE o.namespace END,"
                      " LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) AS i\n    WHERE ",
                      kStandsAlone, " AND ", condition,
                      " ORDER BY o.n\n  LOOP\n    EXECUTE statement;\n  END LOOP;\n");
}

// Event triggers come first, because they could forbid the other drops.
std::string WipeOfDatabase() {
  return WipeLoop(
      ObjectsSql([](const ObjectKind& kind) { return kind.of_database() && kind.wiped; }),
      absl::StrCat(kOfUsers, " AND (n.oid IS NULL OR NOT ", kKeptSchema, ")"));
}

// In the schemas that stay.
std::string WipeSchemas() {
  return WipeLoop(ObjectsSql([](const ObjectKind& kind) { return kind.in_schema(); }),
                  kUsersSchema);
}

// No conversion of names: the statement runs with the client encoding of the archive.
std::string KeepPartitionsSql(const std::vector<const ArchiveEntry*>& relations) {
  std::vector<std::string> names;
  for (const ArchiveEntry* entry : relations) {
    if (entry->kind == "TABLE" || entry->kind == "FOREIGN TABLE") {
      names.push_back(QuoteQualified(entry->schema, entry->tag));
    }
  }
  if (names.empty()) return "";
  return absl::StrCat("DO ", QuoteLiteral(WithTables(kKeepPartitions, Literals(names))), ";\n");
}

// True if rows of a partition are copied into its partitioned table (pg_dump's
// --load-via-partition-root).
bool GoThroughRoot(const RestorePlan& plan) {
  const std::vector<const ArchiveEntry*> tables = plan.TablesWithData();
  return std::any_of(tables.begin(), tables.end(), [](const ArchiveEntry* entry) {
    std::string_view copy = entry->copy_statement;
    const auto take = [&](std::string_view name, std::string_view end) {
      return absl::ConsumePrefix(&copy, absl::StrCat(QuoteIdentifier(name), end)) ||
             absl::ConsumePrefix(&copy, absl::StrCat(name, end));
    };
    return absl::ConsumePrefix(&copy, "COPY ") &&
           !(take(entry->schema, ".") && take(entry->tag, " "));
  });
}

absl::Status AddTriggers(const base::Context& context, Session& session, const std::string& touched,
                         bool through_root, Frame& frame) {
  const std::string family =
      absl::StrReplaceAll(kFamily, {{"%ROOT%", through_root ? "true" : "false"}});
  ASSIGN_OR_RETURN(const Rows triggers,
                   session.Query(context, {"ttb"}, absl::StrCat(touched, family, kTriggersQuery)));
  for (int row = 0; row < triggers.size(); ++row) {
    if (triggers.Bool(row, 2)) Add(triggers.Text(row, 0), frame.before);
    Add(triggers.Text(row, 1), frame.after);
  }
  return absl::OkStatus();
}

absl::Status AddConstraints(const base::Context& context, Session& session,
                            const std::string& query, Frame& frame) {
  ASSIGN_OR_RETURN(const Rows keys, session.Query(context, {"ttt?bbtt"}, query));
  std::vector<std::string> enforced;
  for (int row = 0; row < keys.size(); ++row) {
    Add(keys.Text(row, 0), frame.before);
    Add(keys.Text(row, 1), frame.after);
    if (keys.Bool(row, 3)) Add(keys.Text(row, 2), frame.after);
    if (keys.Bool(row, 4)) {
      enforced.push_back(
          absl::StrCat(ToUtf8(keys.Text(row, 5)), " of ", ToUtf8(keys.Text(row, 6))));
    }
  }
  if (enforced.empty()) return absl::OkStatus();
  context.Warn(kStage, absl::StrCat("foreign keys that were not enforced (DISABLE TRIGGER ALL) are"
                                    " created again, and enforced: ",
                                    base::ListSome(enforced)));
  return absl::OkStatus();
}

absl::Status AddDomains(const base::Context& context, Session& session, const std::string& touched,
                        Frame& frame) {
  ASSIGN_OR_RETURN(const Rows checks,
                   session.Query(context, {"ttt?bbttt"}, absl::StrCat(touched, kDomainsQuery)));
  for (int row = 0; row < checks.size(); ++row) {
    if (!checks.Bool(row, 4)) {
      context.Warn(
          kStage,
          absl::StrCat("the rows must meet the constraint ", ToUtf8(checks.Text(row, 5)),
                       " of the domain ", DisplayName(checks.Text(row, 6), checks.Text(row, 7)),
                       ", which is NOT VALID, because the domain belongs to others"));
      continue;
    }
    Add(checks.Text(row, 0), frame.before);
    Add(checks.Text(row, 1), frame.after);
    if (checks.Bool(row, 3)) Add(checks.Text(row, 2), frame.after);
  }
  return absl::OkStatus();
}

// Empties the tables. Of the table of an extension, deletes only the rows that pg_dump takes, in
// the way of pg_dump: the condition is text of the extension's author, which only a script of the
// extension can set, and a name without a schema in it is one of pg_catalog. One statement deletes
// all of them, because a condition may read another such table.
absl::Status AddEmptying(const base::Context& context, Session& session,
                         const std::vector<std::string>& tables, Frame& frame) {
  std::vector<std::string> whole = tables, deletions;
  ASSIGN_OR_RETURN(const Rows members, session.Query(context, {"ttttbtb"},
                                                     WithTables(kMembersQuery, Literals(tables))));
  for (int row = 0; row < members.size(); ++row) {
    const std::string_view table = members.Text(row, 0), condition = members.Text(row, 5);
    const bool listed = members.Bool(row, 4);
    if (listed && condition.empty()) continue;
    if (!listed || members.Bool(row, 6)) {
      const std::string name = DisplayName(members.Text(row, 1), members.Text(row, 2));
      return errs::UserError(
          kOp, errs::kDatabase,
          absl::StrCat(name, " belongs to the extension ", ToUtf8(members.Text(row, 3)), " and ",
                       listed ? "has rules" : "is not listed as its configuration",
                       ", so its rows cannot be replaced without those of the extension"),
          absl::StrCat("leave them out with --exclude-object 'table-data:", name, "'"));
    }
    std::erase(whole, table);
    deletions.push_back(absl::StrCat("d", row, " AS (DELETE FROM ONLY ", table,
                                     " WHERE ctid IN (SELECT ctid FROM ONLY ", table, " ",
                                     condition, "))"));
  }
  if (!deletions.empty()) {
    Add("SELECT pg_catalog.set_config('search_path', '', true)", frame.before);
    Add(absl::StrCat("WITH ", absl::StrJoin(deletions, ", "), " SELECT"), frame.before);
  }
  if (!whole.empty()) {
    Add(absl::StrCat("TRUNCATE ONLY ", absl::StrJoin(whole, ", ONLY ")), frame.before);
  }
  return absl::OkStatus();
}

}  // namespace

std::string WipeSql(const std::vector<std::string>& reset) {
  std::string body = absl::StrCat(WipeOfDatabase(), kWipeSubscriptions, kWipeTables, WipeSchemas(),
                                  kWipeLargeObjects);
  if (!reset.empty()) {
    absl::StrAppend(
        &body,
        WithTables(kResetExtension,
                   absl::StrJoin(reset, ", ", [](std::string* out, const std::string& table) {
                     absl::StrAppend(out, "pg_catalog.to_regclass(", QuoteLiteral(table),
                                     ")::pg_catalog.oid");
                   })));
  }
  return absl::StrCat(
      "SELECT pg_catalog.set_config('search_path', '', true);\n", kSoon,
      ";\nDO $siphon$\nDECLARE\n  victim record;\n  statement pg_catalog.text;\nBEGIN\n", body,
      "END\n$siphon$;\n", kLater, ";\n");
}

absl::StatusOr<std::string> SeparateSubscriptions(const base::Context& context, Session& session,
                                                  const RestorePlan& plan) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, {"t"},
                                 "SELECT s.subname FROM pg_catalog.pg_subscription s"
                                 " JOIN pg_catalog.pg_database d ON d.oid = s.subdbid"
                                 " WHERE d.datname = pg_catalog.current_database()"));
  std::string sql;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string_view name = rows.Text(row, 0);
    const bool replaced =
        std::any_of(plan.entries.begin(), plan.entries.end(), [&](const ArchiveEntry* entry) {
          return entry->kind == "SUBSCRIPTION" && entry->tag == name;
        });
    if (!replaced) continue;
    Add(absl::StrCat("ALTER SUBSCRIPTION ", QuoteIdentifier(name), " SET (slot_name = NONE)"), sql);
  }
  return sql;
}

std::vector<std::string> ExtensionTables(const RestorePlan& plan) {
  std::vector<std::string> tables;
  for (const ArchiveEntry* entry : plan.DataWithoutTable()) {
    tables.push_back(QuoteQualified(entry->schema, entry->tag));
  }
  return tables;
}

absl::StatusOr<Frame> FrameForRows(const base::Context& context, Session& session,
                                   const Archive& archive, const RestorePlan& plan, bool clean) {
  const std::vector<std::string> tables = Quoted(session, archive, plan.TablesWithData());
  Frame frame;
  ASSIGN_OR_RETURN(const Transaction transaction, Transaction::Begin(context, session, "BEGIN"));
  const std::string touched = WithTouched(tables);
  Add(kSoon, frame.before);
  // Deferred checks must run before the definition of a table can change.
  Add("SET CONSTRAINTS ALL IMMEDIATE", frame.after);
  RETURN_IF_ERROR(
      AddConstraints(context, session,
                     absl::StrCat(touched, kConstraintsQuery, kFromOrTo, kConstraintsEnd), frame));
  RETURN_IF_ERROR(AddDomains(context, session, touched, frame));
  RETURN_IF_ERROR(AddTriggers(context, session, touched, GoThroughRoot(plan), frame));
  if (clean) RETURN_IF_ERROR(AddEmptying(context, session, tables, frame));
  const std::vector<std::string> objects = plan.LargeObjects();
  if (clean && !objects.empty()) {
    Add(absl::StrCat("SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata"
                     " WHERE oid IN (",
                     absl::StrJoin(objects, ", "), ")"),
        frame.before);
  }
  Add(kLater, frame.before);
  return Frame{.before = ForArchive(archive, frame.before),
               .after = ForArchive(archive, frame.after),
               .last = {}};
}

absl::StatusOr<Frame> FrameForRelations(const base::Context& context, Session& session,
                                        const Archive& archive,
                                        const std::vector<const ArchiveEntry*>& relations,
                                        const std::optional<Replacement>& replacement) {
  Frame frame;
  ASSIGN_OR_RETURN(const Transaction transaction, Transaction::Begin(context, session, "BEGIN"));
  Add(kSoon, frame.before);
  Frame keys;
  RETURN_IF_ERROR(AddConstraints(context, session,
                                 absl::StrCat(WithTouched(Quoted(session, archive, relations)),
                                              kConstraintsQuery, kFromOthers, kConstraintsEnd),
                                 keys));
  absl::StrAppend(&frame.before, ForArchive(archive, keys.before));
  absl::StrAppend(&frame.after, ForArchive(archive, keys.after));
  absl::StrAppend(&frame.before, KeepPartitionsSql(relations));
  if (replacement.has_value()) {
    absl::StrAppend(&frame.before, replacement->drop);
    absl::StrAppend(&frame.after, replacement->create);
    frame.last = replacement->last;
    Add(kLater, frame.before);
    return frame;
  }
  // One statement for each kind, because they may depend on each other. A dropped table includes
  // its sequences.
  for (const std::string_view kind :
       {"VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "TABLE", "SEQUENCE"}) {
    std::vector<std::string> names;
    for (const ArchiveEntry* entry : relations) {
      // No conversion: the statement runs with the client encoding of the archive.
      if (entry->kind == kind) names.push_back(QuoteQualified(entry->schema, entry->tag));
    }
    if (names.empty()) continue;
    Add(absl::StrCat("DROP ", kind, " IF EXISTS ", absl::StrJoin(names, ", ")), frame.before);
  }
  Add(kLater, frame.before);
  return frame;
}

}  // namespace siphon::postgres
