// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/lone_work.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/postgres/lone_statement.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/migrate/sql_session.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.migrate";

// Every name is qualified, operators too: the user's search_path is in force. It is also the one
// along which the server looks up the names in the statement.

// $1: the table; $2: the index, or nothing for all.
constexpr char kValidIndexes[] = R"sql(
SELECT pg_catalog.concat('valid ',
  pg_catalog.string_agg(i.indexrelid::pg_catalog.text, ' ' ORDER BY i.indexrelid))
FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid
  AND i.indisvalid
  AND (pg_catalog.length($2) OPERATOR(pg_catalog.=) 0 OR c.relname OPERATOR(pg_catalog.=)
    (pg_catalog.parse_ident($2)::pg_catalog.name[])[1]))sql";

// The invalid indexes of a table: $1, $2 as above.
constexpr char kInvalidIndexes[] = R"sql(
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid
  AND NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i'::pg_catalog."char"
  AND (pg_catalog.length($2) OPERATOR(pg_catalog.=) 0 OR c.relname OPERATOR(pg_catalog.=)
    (pg_catalog.parse_ident($2)::pg_catalog.name[])[1]))sql";

// The relation $2 in the schema of the table $1, if it is an invalid index, of any table.
constexpr char kInvalidNamesake[] = R"sql(
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class AS t
  JOIN pg_catalog.pg_class AS c ON c.relnamespace OPERATOR(pg_catalog.=) t.relnamespace
  JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_index AS i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid
  AND NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i'::pg_catalog."char"
  AND c.relname OPERATOR(pg_catalog.=)
    (pg_catalog.parse_ident($2)::pg_catalog.name[])[1])sql";

// The transient indexes of REINDEX CONCURRENTLY on some tables and their TOAST tables. The
// condition on a table `t` follows.
constexpr char kTransientIndexes[] = R"sql(
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class AS t
  JOIN pg_catalog.pg_index AS i ON i.indrelid OPERATOR(pg_catalog.=) t.oid
    OR i.indrelid OPERATOR(pg_catalog.=) t.reltoastrelid
  JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE NOT i.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i'::pg_catalog."char"
  AND t.relkind OPERATOR(pg_catalog.<>) 't'::pg_catalog."char"
  AND c.relname OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$' AND )sql";
constexpr char kOfTable[] = R"sql(
(t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid
  OR t.oid OPERATOR(pg_catalog.=) ANY (
    SELECT p.relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1))
      AS p)))sql";
constexpr char kOfIndex[] = R"sql(
t.oid OPERATOR(pg_catalog.=) ANY (SELECT x.indrelid FROM pg_catalog.pg_index AS x
  WHERE x.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid
    OR x.indexrelid OPERATOR(pg_catalog.=) ANY (SELECT p.relid::pg_catalog.oid
      FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) AS p)))sql";
constexpr char kOfSchema[] =
    "t.relnamespace OPERATOR(pg_catalog.=) pg_catalog.to_regnamespace($1)::pg_catalog.oid";
constexpr char kOfDatabase[] = "pg_catalog.length($1) OPERATOR(pg_catalog.=) 0";

// $1: the partitioned table, $2: the partition.
constexpr char kAttachment[] = R"sql(
SELECT CASE WHEN h.inhdetachpending THEN 'pending' ELSE 'attached' END
FROM pg_catalog.pg_inherits AS h
WHERE h.inhparent OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid
  AND h.inhrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($2)::pg_catalog.oid)sql";

using Kind = LoneStatement::Kind;

absl::StatusOr<std::vector<std::string>> Names(const base::Context& context, Session& session,
                                               const std::string& sql,
                                               const std::vector<std::string>& parameters) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"t"}, sql, parameters));
  std::vector<std::string> names;
  for (int i = 0; i < rows.size(); ++i) names.emplace_back(rows.Text(i, 0));
  return names;
}

absl::StatusOr<std::vector<std::string>> TransientIndexes(const base::Context& context,
                                                          Session& session,
                                                          const LoneStatement& work) {
  const bool table = work.kind == Kind::kReindexTable;
  return Names(context, session,
               absl::StrCat(kTransientIndexes, table                               ? kOfTable
                                               : work.kind == Kind::kReindexIndex  ? kOfIndex
                                               : work.kind == Kind::kReindexSchema ? kOfSchema
                                                                                   : kOfDatabase),
               {table ? work.table : work.name});
}

absl::Status DropIndexes(const base::Context& context, Session& session,
                         const std::vector<std::string>& indexes) {
  for (const std::string& index : indexes) {
    context.Message("migrate", absl::StrCat("the failed statement left the invalid index ", index,
                                            ", which is dropped"));
    RETURN_IF_ERROR(
        session.Execute(context, absl::StrCat("DROP INDEX CONCURRENTLY IF EXISTS ", index)));
  }
  return absl::OkStatus();
}

absl::Status MendIndex(const base::Context& context, Session& session, const LoneStatement& work) {
  ASSIGN_OR_RETURN(const std::vector<std::string> invalid,
                   Names(context, session, kInvalidIndexes, {work.table, work.name}));
  if (!work.name.empty()) return DropIndexes(context, session, invalid);
  if (invalid.empty()) return absl::OkStatus();
  return errs::UserError(kOp, errs::kDirty,
                         absl::StrCat("the table ", work.table, " has the invalid index ",
                                      absl::StrJoin(invalid, ", "),
                                      ", which this statement may have left: it names no index"),
                         absl::StrCat("DROP INDEX CONCURRENTLY ", absl::StrJoin(invalid, ", "),
                                      "; then: siphon migrate up --resume"));
}

absl::StatusOr<bool> MendDetach(const base::Context& context, Session& session,
                                const LoneStatement& work) {
  ASSIGN_OR_RETURN(const std::vector<std::string> attachment,
                   Names(context, session, kAttachment, {work.table, work.name}));
  if (attachment.empty() || attachment[0] != "pending") return false;
  context.Message("migrate", absl::StrCat("completes the detachment of the partition ", work.name));
  RETURN_IF_ERROR(session.Execute(
      context,
      absl::StrCat("ALTER TABLE ", work.table, " DETACH PARTITION ", work.name, " FINALIZE")));
  return true;
}

}  // namespace

absl::StatusOr<std::string> FingerprintOfWork(const base::Context& context, Session& session,
                                              std::string_view statement) {
  const LoneStatement work = ParseLoneStatement(statement);
  switch (work.kind) {
    case Kind::kOther:
      break;
    case Kind::kRepeatable:
    case Kind::kReindexIndex:
    case Kind::kReindexTable:
    case Kind::kReindexSchema:
    case Kind::kReindexDatabase:
      return std::string(migrate::SqlSession::kRepeatable);
    case Kind::kCreateIndex:
      return session.QueryText(context, kValidIndexes, {work.table, work.name});
    case Kind::kDropIndex:
      return session.QueryText(
          context,
          "SELECT CASE WHEN pg_catalog.to_regclass($1) IS NULL THEN 'gone' ELSE 'there' END",
          {work.name});
    case Kind::kDetachPartition: {
      ASSIGN_OR_RETURN(const std::vector<std::string> attachment,
                       Names(context, session, kAttachment, {work.table, work.name}));
      return attachment.empty() ? "detached" : "attached";
    }
  }
  return std::string();
}

absl::StatusOr<bool> MendWork(const base::Context& context, Session& session,
                              std::string_view statement) {
  const LoneStatement work = ParseLoneStatement(statement);
  if (!work.concurrently) return false;
  switch (work.kind) {
    case Kind::kOther:
    case Kind::kRepeatable:
    case Kind::kDropIndex:  // Takes an index that it has made invalid.
      break;
    case Kind::kCreateIndex:
      RETURN_IF_ERROR(MendIndex(context, session, work));
      break;
    case Kind::kReindexIndex:
    case Kind::kReindexTable:
    case Kind::kReindexSchema:
    case Kind::kReindexDatabase: {
      ASSIGN_OR_RETURN(const std::vector<std::string> transient,
                       TransientIndexes(context, session, work));
      RETURN_IF_ERROR(DropIndexes(context, session, transient));
      break;
    }
    case Kind::kDetachPartition:
      return MendDetach(context, session, work);
  }
  return false;
}

absl::Status CheckWork(const base::Context& context, Session& session, std::string_view statement) {
  const LoneStatement work = ParseLoneStatement(statement);
  if (work.kind != Kind::kCreateIndex || !work.if_not_exists || work.name.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> invalid,
                   Names(context, session, kInvalidNamesake, {work.table, work.name}));
  if (invalid.empty()) return absl::OkStatus();
  return errs::SystemError(
      kOp, errs::kDatabase,
      absl::StrCat("the index ", invalid[0],
                   " exists and is invalid: its CREATE INDEX CONCURRENTLY failed, or still runs"),
      absl::StrCat("DROP INDEX CONCURRENTLY ", invalid[0],
                   " removes it; duplicate rows may have to be removed first"));
}

}  // namespace siphon::postgres
