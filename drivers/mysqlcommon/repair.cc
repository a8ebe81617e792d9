// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Repairs references to the scratch database in tables that have moved out of it.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/swap.h"
#include "drivers/mysqlcommon/tokens.h"
#include "drivers/mysqlcommon/view_calls.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

// `sql` with the qualifier `scratch` of names replaced by `database`.
std::string Moved(std::string_view sql, const std::string& scratch, const std::string& database) {
  std::string out;
  size_t copied = 0;
  TokenReader reader(sql);
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.kind != Token::Kind::kName || token.Value() != scratch) continue;
    if (!reader.Peek().IsSymbol('.')) continue;
    absl::StrAppend(&out, sql.substr(copied, token.begin - copied), QuoteName(database));
    copied = token.end();
  }
  absl::StrAppend(&out, sql.substr(copied));
  return out;
}

// Column defaults: MariaDB qualifies the sequence in a default with its database. One statement for
// a table, as it opens the sequences of all defaults that it does not change.
absl::Status RepairDefaults(const base::Context& context, Session& session,
                            const std::string& scratch, const std::string& database) {
  // Of the views that stay.
  ASSIGN_OR_RETURN(const std::set<std::string> views, ClosedViews(context, session, database));
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context, absl::StrCat("SELECT table_name, column_name, column_default"
                                          " FROM information_schema.columns WHERE table_schema = ",
                                          QuoteText(database), WithoutViews(views),
                                          " AND INSTR(column_default, ",
                                          QuoteText(QuoteName(scratch)), ") > 0")));
  std::map<std::string, std::vector<std::string>> changes;
  for (const Row& row : rows) {
    changes[std::string(Text(row, 0))].push_back(
        absl::StrCat("ALTER COLUMN ", QuoteName(Text(row, 1)), " SET DEFAULT (",
                     Moved(Text(row, 2), scratch, database), ")"));
  }
  for (const auto& [table, columns] : changes) {
    RETURN_IF_ERROR(
        session.Execute(context, absl::StrCat("ALTER TABLE ", QuoteQualified(database, table), " ",
                                              absl::StrJoin(columns, ", "))));
  }
  return absl::OkStatus();
}

// The clause "CONSTRAINT `name` FOREIGN KEY ..." in a table's definition.
std::string_view ConstraintIn(std::string_view create, std::string_view name) {
  TokenReader reader(create);
  size_t begin = create.size();
  int depth = 0;
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    const bool found = begin < create.size();
    if (found && depth == 1 && (token.IsSymbol(',') || token.IsSymbol(')'))) {
      return create.substr(begin, token.begin - begin);
    }
    if (token.Is("CONSTRAINT") && reader.Peek().Value() == name) begin = token.begin;
    depth += token.IsSymbol('(') ? 1 : token.IsSymbol(')') ? -1 : 0;
  }
  return "";
}

// Foreign keys: one to a missing table still refers to the database in which it was created.
absl::Status RepairReferences(const base::Context& context, Session& session,
                              const std::string& scratch, const std::string& database) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context, absl::StrCat("SELECT DISTINCT table_name, constraint_name"
                                          " FROM information_schema.key_column_usage"
                                          " WHERE table_schema = ",
                                          QuoteText(database),
                                          " AND referenced_table_schema = ", QuoteText(scratch))));
  for (const Row& row : rows) {
    const std::string table = QuoteQualified(database, Text(row, 0));
    ASSIGN_OR_RETURN(const Rows shown,
                     session.Query(context, absl::StrCat("SHOW CREATE TABLE ", table)));
    const std::string_view constraint =
        shown.empty() ? "" : ConstraintIn(Text(shown[0], 1), Text(row, 1));
    if (constraint.empty()) {
      return errs::InternalError("mysql.restore", absl::StrCat("no constraint ", Text(row, 1)));
    }
    // One statement cannot drop a key and add another of the same name.
    RETURN_IF_ERROR(session.Execute(
        context,
        absl::StrCat("ALTER TABLE ", table, " DROP FOREIGN KEY ", QuoteName(Text(row, 1)))));
    RETURN_IF_ERROR(session.Execute(context, absl::StrCat("ALTER TABLE ", table, " ADD ",
                                                          Moved(constraint, scratch, database))));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RepairMoved(const base::Context& context, Session& session,
                         const std::string& scratch) {
  const std::string& database = session.settings().database;
  if (session.is_mariadb()) {
    RETURN_IF_ERROR(RepairDefaults(context, session, scratch, database));
  }
  return RepairReferences(context, session, scratch, database);
}

}  // namespace siphon::mysqlcommon
