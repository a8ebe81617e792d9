// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/integrity.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/relations.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.check";

// The schema of the extension amcheck, if it is installed and the user may run it.
constexpr char kAmcheckQuery[] = R"sql(
SELECT n.nspname FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
  JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid AND p.proname = 'bt_index_check'
WHERE e.extname = 'amcheck' AND p.pronargs = 2
  AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))sql";

constexpr char kIndexesQuery[] = R"sql(
SELECT i.indexrelid, i.indexrelid::pg_catalog.regclass FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_am a ON a.oid = c.relam
WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relpersistence = 'p'
  AND i.indisready AND i.indisvalid
ORDER BY i.indexrelid)sql";

// Returns errors about damage, and ignores a missing privilege.
absl::Status Check(const base::Context& context, Session& session, const std::string& sql,
                   std::string_view what) {
  const absl::Status status = session.Execute(context, sql);
  if (status.ok() || !errs::Is(status, errs::kIntegrity)) return status;
  std::optional<errs::Error> error = errs::GetError(status);
  error->op = std::string(kOp);
  error->detail = absl::StrCat(what, ": ", error->detail);
  return errs::MakeStatus(*std::move(error));
}

absl::Status CheckTables(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const std::vector<Relation> relations, ReadRelations(context, session));
  for (const Relation& relation : relations) {
    if ((relation.kind != 'r' && relation.kind != 'm') || !relation.populated) continue;
    RETURN_IF_ERROR(Check(context, session,
                          absl::StrCat("SELECT pg_catalog.count(*) FROM ONLY ",
                                       QuoteQualified(relation.schema, relation.name)),
                          DisplayName(relation.schema, relation.name)));
  }
  return absl::OkStatus();
}

absl::Status CheckIndexes(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const Rows amcheck, session.Query(context, {"t"}, kAmcheckQuery));
  if (amcheck.size() == 0) return absl::OkStatus();
  const std::string function = QuoteQualified(amcheck.Text(0, 0), "bt_index_check");
  ASSIGN_OR_RETURN(const Rows indexes, session.Query(context, {"tt"}, kIndexesQuery));
  for (int row = 0; row < indexes.size(); ++row) {
    RETURN_IF_ERROR(Check(context, session,
                          absl::StrCat("SELECT ", function, "(", indexes.Text(row, 0), ", true)"),
                          indexes.Text(row, 1)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckIntegrity(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(
      const Transaction transaction,
      Transaction::Begin(context, session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  // With an index the server would not read the table.
  RETURN_IF_ERROR(session.Execute(context,
                                  "SET LOCAL enable_indexscan = off;"
                                  "SET LOCAL enable_indexonlyscan = off;"
                                  "SET LOCAL enable_bitmapscan = off"));
  RETURN_IF_ERROR(CheckTables(context, session));
  return CheckIndexes(context, session);
}

}  // namespace siphon::postgres
