// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/staying.h"

#include <mysqld_error.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tokens.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.restore";
constexpr std::string_view kStage = "restore";

// All names in the text of a view; none for another definition.
std::set<std::string> NamesIn(const Definition& definition) {
  std::set<std::string> names;
  const Syntax syntax = SyntaxOf(definition);
  if (Classify(definition.create, syntax).kind != Statement::Kind::kView) return names;
  TokenReader reader(definition.create, syntax);
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.IsIdentifier()) names.insert(token.Value());
  }
  return names;
}

// Marks the views that read one of `gone`, directly or through other views.
void MarkConcerned(std::set<std::string> gone, std::vector<StayingView>& views) {
  for (bool more = true; more;) {
    more = false;
    for (StayingView& view : views) {
      if (view.concerned) continue;
      view.concerned = std::any_of(view.names.begin(), view.names.end(),
                                   [&](const std::string& name) { return gone.contains(name); });
      if (!view.concerned) continue;
      gone.insert(view.name);
      more = true;
    }
  }
}

// The views to create for the rehearsal of definitions with these names. Adds the views' names.
std::vector<const StayingView*> Needed(const Staying& staying, std::set<std::string>& names) {
  std::vector<const StayingView*> needed;
  std::set<std::string_view> taken;
  for (bool more = true; more;) {
    more = false;
    for (const StayingView& view : staying.views) {
      if (!view.concerned && !names.contains(view.name)) continue;
      if (!taken.insert(view.name).second) continue;
      needed.push_back(&view);
      names.insert(view.names.begin(), view.names.end());
      more = true;
    }
  }
  return needed;
}

// The error of a view that stays: a missing table or function may be one that could not be copied.
absl::Status Refusal(std::string_view view, const absl::Status& error) {
  if (!IsSqlError(error, {ER_BAD_FIELD_ERROR})) return absl::OkStatus();
  return errs::UserError(kOp, errs::kDatabase,
                         absl::StrCat("view ", ToUtf8(view),
                                      " stays and reads what is to be replaced; it would no longer"
                                      " work: ",
                                      errs::GetError(error)->detail),
                         "restore the view as well, or drop it first");
}

// True if a row of the key's table lacks its parent; false where the server cannot tell.
absl::StatusOr<bool> HasOrphans(const base::Context& context, Session& session,
                                const std::string& database, const ForeignKey& key) {
  std::vector<std::string> equal, present;
  for (const auto& [own, parent] : key.columns) {
    const std::string child = absl::StrCat("`c`.", QuoteName(own));
    equal.push_back(absl::StrCat(child, " = `p`.", QuoteName(parent)));
    present.push_back(absl::StrCat(child, " IS NOT NULL"));
  }
  const absl::StatusOr<Rows> rows = session.Query(
      context,
      absl::StrCat("SELECT 1 FROM ", QuoteQualified(key.schema, key.table), " `c` LEFT JOIN ",
                   QuoteQualified(database, key.parent), " `p` ON ", absl::StrJoin(equal, " AND "),
                   " WHERE ", absl::StrJoin(present, " AND "), " AND `p`.",
                   QuoteName(key.columns.front().second), " IS NULL LIMIT 1"));
  RETURN_IF_ERROR(context.Check());
  if (!rows.ok() && session.broken()) return rows.status();
  return rows.ok() && !rows->empty();
}

// Why the server cannot read a view; empty if it can. Reads no row.
absl::StatusOr<std::string> ErrorOfView(const base::Context& context, Session& session,
                                        const std::string& view) {
  const absl::Status prepared = session.Execute(
      context, absl::StrCat("PREPARE siphon FROM ",
                            QuoteText(absl::StrCat("SELECT * FROM ", QuoteName(view)))));
  RETURN_IF_ERROR(context.Check());
  if (prepared.ok()) {
    RETURN_IF_ERROR(session.Execute(context, "DEALLOCATE PREPARE siphon"));
    return std::string();
  }
  if (session.broken()) return prepared;
  return errs::GetError(prepared)->detail;
}

}  // namespace

absl::StatusOr<std::vector<ForeignKey>> ForeignKeysInto(const base::Context& context,
                                                        Session& session,
                                                        const std::string& database) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context,
                    absl::StrCat("SELECT table_schema, table_name, constraint_name,"
                                 " referenced_table_name, column_name, referenced_column_name"
                                 " FROM information_schema.key_column_usage"
                                 " WHERE referenced_table_schema = ",
                                 QuoteText(database),
                                 " ORDER BY table_schema, table_name, constraint_name,"
                                 " ordinal_position")));
  std::vector<ForeignKey> keys;
  for (const Row& row : rows) {
    const bool same = !keys.empty() && keys.back().schema == Text(row, 0) &&
                      keys.back().table == Text(row, 1) && keys.back().name == Text(row, 2);
    if (!same) {
      keys.push_back({.schema = std::string(Text(row, 0)),
                      .table = std::string(Text(row, 1)),
                      .name = std::string(Text(row, 2)),
                      .parent = std::string(Text(row, 3)),
                      .columns = {}});
    }
    keys.back().columns.emplace_back(Text(row, 4), Text(row, 5));
  }
  return keys;
}

absl::Status CheckRowsStayValid(const base::Context& context, Session& session,
                                const std::string& database, const std::string& scratch,
                                const ForeignKey& key) {
  std::vector<std::string> old_parent, new_parent;
  for (const auto& [own, parent] : key.columns) {
    const std::string child = absl::StrCat("`c`.", QuoteName(own), " = ");
    old_parent.push_back(absl::StrCat(child, "`o`.", QuoteName(parent)));
    new_parent.push_back(absl::StrCat(child, "`n`.", QuoteName(parent)));
  }
  const absl::StatusOr<Rows> rows = session.Query(
      context, absl::StrCat("SELECT 1 FROM ", QuoteQualified(key.schema, key.table), " `c` JOIN ",
                            QuoteQualified(database, key.parent), " `o` ON ",
                            absl::StrJoin(old_parent, " AND "), " LEFT JOIN ",
                            QuoteQualified(scratch, key.parent), " `n` ON ",
                            absl::StrJoin(new_parent, " AND "), " WHERE `n`.",
                            QuoteName(key.columns.front().second), " IS NULL LIMIT 1"));
  if (IsDenied(rows.status())) return absl::OkStatus();
  if (!rows.ok() && !IsSqlError(rows.status(), {ER_BAD_FIELD_ERROR, ER_NO_SUCH_TABLE})) {
    return rows.status();
  }
  if (rows.ok() && rows->empty()) return absl::OkStatus();
  const std::string_view missing = rows.ok() ? "rows" : "a column";
  return errs::UserError(
      kOp, errs::kDatabase,
      absl::StrCat("table ", key.schema == database ? "" : absl::StrCat(ToUtf8(key.schema), "."),
                   ToUtf8(key.table), " stays, and its foreign key ", ToUtf8(key.name),
                   " refers to ", missing, " of ", ToUtf8(key.parent),
                   " that the restored table does not have"),
      "restore both tables, or drop the foreign key first");
}

absl::StatusOr<Staying> ReadStaying(const base::Context& context, Session& session,
                                    const Catalog& present, const Catalog& replaced) {
  std::set<std::string> gone;
  for (const Table& table : replaced.tables) gone.insert(table.name);
  Staying staying;
  for (const Table& table : present.tables) {
    if (gone.contains(table.name)) continue;
    if (table.kind != Table::Kind::kView) {
      staying.tables.push_back(table.name);
      continue;
    }
    absl::StatusOr<Definition> view = ViewDefinition(context, session, present.database, table);
    RETURN_IF_ERROR(context.Check());
    // The user may not see it, or it is broken, or creating it would run code with his rights.
    if (!view.ok() || !view->unreadable.empty() || view->text_calls) continue;
    StayingView& one = staying.views.emplace_back();
    one.name = table.name;
    one.names = NamesIn(*view);
    one.definition = *std::move(view);
  }
  MarkConcerned(gone, staying.views);
  for (StayingView& view : staying.views) {
    if (!view.concerned) continue;
    ASSIGN_OR_RETURN(const std::string why,
                     WhyBroken(context, session, view.name, view.definition, {}, false));
    view.concerned = why.empty();
  }
  const auto functions = [](const Catalog& catalog) {
    return std::count_if(catalog.objects.begin(), catalog.objects.end(), [](const auto& object) {
      return object.kind == StoredObject::Kind::kFunction;
    });
  };
  staying.functions = functions(present) > functions(replaced);
  return staying;
}

absl::Status RehearseWithStaying(const base::Context& context, Session& session,
                                 const std::string& database, const std::string& scratch,
                                 const std::vector<Definition>& definitions, const Staying& staying,
                                 bool trust) {
  std::set<std::string> named;
  for (const Definition& definition : definitions) named.merge(NamesIn(definition));
  const std::vector<const StayingView*> views = Needed(staying, named);
  std::vector<Definition> all = definitions;
  for (const StayingView* const view : views) {
    all.push_back(view->definition);
    // The definer may have no rights on the scratch database.
    all.back().create = WithDefiner(all.back().create, "CURRENT_USER", SyntaxOf(view->definition));
  }
  std::vector<std::string> copies;
  for (const std::string& table : staying.tables) {
    if (!named.contains(table)) continue;
    const std::string copy = QuoteQualified(scratch, table), from = QuoteQualified(database, table);
    const absl::Status made =
        session.Execute(context, absl::StrCat("CREATE TABLE ", copy, " LIKE ", from));
    RETURN_IF_ERROR(context.Check());
    if (made.ok()) copies.push_back(copy);
  }
  ASSIGN_OR_RETURN(const std::vector<RefusedDefinition> refused,
                   TryDefinitions(context, session, all, {.trust = trust}));
  // Foreign keys of the restored tables must not refer to them.
  for (const std::string& copy : copies) {
    RETURN_IF_ERROR(session.Execute(context, absl::StrCat("DROP TABLE ", copy)));
  }
  for (const RefusedDefinition& one : refused) {
    if (one.index >= definitions.size()) {
      const StayingView& view = *views[one.index - definitions.size()];
      if (view.concerned) RETURN_IF_ERROR(Refusal(view.name, one.error));
      continue;
    }
    // The function may be one that stays.
    if (staying.functions && IsSqlError(one.error, {ER_SP_DOES_NOT_EXIST})) continue;
    return one.error;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::set<std::string>> WorkingViews(const base::Context& context, Session& session,
                                                   const Catalog& there) {
  std::set<std::string> working;
  for (const Table& table : there.tables) {
    if (table.kind != Table::Kind::kView) continue;
    ASSIGN_OR_RETURN(const std::string error, ErrorOfView(context, session, table.name));
    if (error.empty()) working.insert(table.name);
  }
  return working;
}

absl::Status WarnOfStaying(const base::Context& context, Session& session, const Census& restored,
                           const std::set<std::string>& worked) {
  const std::string& database = session.settings().database;
  ASSIGN_OR_RETURN(const std::vector<ForeignKey> keys, ForeignKeysInto(context, session, database));
  for (const ForeignKey& key : keys) {
    const bool child = key.schema == database && restored.HasTable(key.table);
    if (child == restored.HasTable(key.parent)) continue;
    ASSIGN_OR_RETURN(const bool orphans, HasOrphans(context, session, database, key));
    if (!orphans) continue;
    const std::string table = absl::StrCat(
        key.schema == database ? "" : absl::StrCat(ToUtf8(key.schema), "."), ToUtf8(key.table));
    context.Warn(kStage, absl::StrCat("the foreign key ", ToUtf8(key.name), " of table ", table,
                                      " has rows without a row of ", ToUtf8(key.parent),
                                      ": restore both tables, or delete these rows of ", table));
  }
  ASSIGN_OR_RETURN(const Catalog there, ReadCatalog(context, session, database, false));
  for (const Table& table : there.tables) {
    if (table.kind != Table::Kind::kView || !worked.contains(table.name) || restored.Has(table)) {
      continue;
    }
    ASSIGN_OR_RETURN(const std::string error, ErrorOfView(context, session, table.name));
    if (error.empty()) continue;
    context.Warn(kStage, absl::StrCat("view ", ToUtf8(table.name), " stays and no longer works: ",
                                      error, "; restore it as well, or drop it"));
  }
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
