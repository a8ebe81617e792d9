// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/catalog.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/members.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/view_calls.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

absl::StatusOr<std::set<std::string>> TransactionalEngines(const base::Context& context,
                                                           Session& session) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context,
                                                  "SELECT engine FROM information_schema.engines"
                                                  " WHERE transactions = 'YES'"));
  std::set<std::string> engines;
  for (const Row& row : rows) engines.emplace(Text(row, 0));
  return engines;
}

absl::Status ReadTables(const base::Context& context, Session& session, const CallingViews& calling,
                        Catalog& catalog) {
  ASSIGN_OR_RETURN(const std::set<std::string> engines, TransactionalEngines(context, session));
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, absl::StrCat("SELECT table_name, table_type, engine,"
                                                       " table_rows, data_length, index_length,"
                                                       " row_format"
                                                       " FROM information_schema.tables"
                                                       " WHERE table_schema = ",
                                                       QuoteText(catalog.database),
                                                       WithoutViews(catalog.closed_views))));
  for (const std::string& name : catalog.closed_views) {
    Table& view = catalog.tables.emplace_back();
    view.name = name;
    view.kind = Table::Kind::kView;
    view.text_calls = calling.text.contains(name);
    view.opening_calls = calling.opened.contains(name);
  }
  for (const Row& row : rows) {
    Table table;
    table.name = Text(row, 0);
    const std::string_view type = Text(row, 1);
    if (type == "TEMPORARY" || type == "TEMPORARY SEQUENCE") continue;
    if (absl::EndsWith(type, "VIEW")) table.kind = Table::Kind::kView;
    if (type == "SEQUENCE") table.kind = Table::Kind::kSequence;
    table.versioned = type == "SYSTEM VERSIONED";
    table.engine = Text(row, 2);
    table.transactional = table.kind != Table::Kind::kTable || engines.contains(table.engine);
    table.rows = Int(row, 3);
    table.data_bytes = Int(row, 4);
    table.index_bytes = Int(row, 5);
    table.row_format = Text(row, 6);
    catalog.tables.push_back(std::move(table));
  }
  std::sort(catalog.tables.begin(), catalog.tables.end(),
            [](const Table& a, const Table& b) { return a.name < b.name; });
  return absl::OkStatus();
}

// Adds the period's columns where the table's definition does not name them: MariaDB does not list
// them then.
void AddPeriod(Table& table) {
  const bool declared =
      std::any_of(table.columns.begin(), table.columns.end(),
                  [](const Column& column) { return column.role == Column::Role::kRowStart; });
  if (!table.versioned || declared) return;
  for (const auto& [name, role] : {std::pair{"row_start", Column::Role::kRowStart},
                                   std::pair{"row_end", Column::Role::kRowEnd}}) {
    Column& column = table.columns.emplace_back();
    column.name = name;
    column.role = role;
    column.invisible = true;
  }
}

// True for a name of a character set or collation, and for none.
bool IsCharsetName(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

absl::Status ReadColumns(const base::Context& context, Session& session, Catalog& catalog) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context,
                    absl::StrCat("SELECT table_name, column_name, data_type, column_type,"
                                 " character_set_name, extra, generation_expression,"
                                 " character_octet_length, collation_name"
                                 " FROM information_schema.columns"
                                 " WHERE table_schema = ",
                                 QuoteText(catalog.database), WithoutViews(catalog.closed_views),
                                 " ORDER BY table_name, ordinal_position")));
  std::map<std::string_view, Table*> tables;
  for (Table& table : catalog.tables) tables[table.name] = &table;
  for (const Row& row : rows) {
    const auto it = tables.find(Text(row, 0));
    if (it == tables.end()) continue;
    Column column;
    column.name = Text(row, 1);
    column.data_type = Text(row, 2);
    column.column_type = Text(row, 3);
    column.charset = Text(row, 4);
    const std::string_view collation = Text(row, 8);
    // They become part of statements.
    if (!IsCharsetName(column.charset) || !IsCharsetName(collation)) {
      return errs::SystemError("mysql", errs::kDatabase,
                               absl::StrCat("table ", ToUtf8(it->first),
                                            ": the server sent an impossible character set"));
    }
    column.octets = Int(row, 7);
    const std::string_view extra = Text(row, 5);
    column.is_virtual = absl::StrContains(extra, "VIRTUAL GENERATED");
    column.invisible = absl::StrContains(extra, "INVISIBLE");
    const std::string_view generation = Text(row, 6);
    if (generation == "ROW START") {
      column.role = Column::Role::kRowStart;
    } else if (generation == "ROW END") {
      column.role = Column::Role::kRowEnd;
    } else if (absl::StrContains(extra, "VIRTUAL GENERATED") ||
               absl::StrContains(extra, "STORED GENERATED") ||
               absl::StrContains(extra, "PERSISTENT")) {
      column.role = Column::Role::kGenerated;
    }
    if (column.data_type == "enum" || column.data_type == "set") {
      ASSIGN_OR_RETURN(column.ambiguous, AreAmbiguous(context, session, column.column_type,
                                                      column.charset, collation));
    }
    it->second->columns.push_back(std::move(column));
  }
  for (Table& table : catalog.tables) AddPeriod(table);
  return absl::OkStatus();
}

absl::Status ReadObjects(const base::Context& context, Session& session, Catalog& catalog) {
  const std::string schema = QuoteText(catalog.database);
  ASSIGN_OR_RETURN(const Rows routines,
                   session.Query(context, absl::StrCat("SELECT routine_name, routine_type"
                                                       " FROM information_schema.routines"
                                                       " WHERE routine_schema = ",
                                                       schema,
                                                       " ORDER BY FIELD(routine_type, 'PACKAGE',"
                                                       " 'PACKAGE BODY', 'FUNCTION', 'PROCEDURE'),"
                                                       " routine_name")));
  for (const Row& row : routines) {
    StoredObject object;
    object.name = Text(row, 0);
    const std::string_view type = Text(row, 1);
    object.kind = type == "FUNCTION"       ? StoredObject::Kind::kFunction
                  : type == "PACKAGE"      ? StoredObject::Kind::kPackage
                  : type == "PACKAGE BODY" ? StoredObject::Kind::kPackageBody
                                           : StoredObject::Kind::kProcedure;
    catalog.objects.push_back(std::move(object));
  }
  ASSIGN_OR_RETURN(
      const Rows triggers,
      session.Query(context, absl::StrCat("SELECT trigger_name, event_object_table"
                                          " FROM information_schema.triggers"
                                          " WHERE trigger_schema = ",
                                          schema,
                                          " ORDER BY event_object_table, action_timing,"
                                          " event_manipulation, action_order")));
  for (const Row& row : triggers) {
    catalog.objects.push_back({.kind = StoredObject::Kind::kTrigger,
                               .name = std::string(Text(row, 0)),
                               .table = std::string(Text(row, 1))});
  }
  ASSIGN_OR_RETURN(const Rows events,
                   session.Query(context, absl::StrCat("SELECT event_name"
                                                       " FROM information_schema.events"
                                                       " WHERE event_schema = ",
                                                       schema, " ORDER BY 1")));
  for (const Row& row : events) {
    catalog.objects.push_back(
        {.kind = StoredObject::Kind::kEvent, .name = std::string(Text(row, 0)), .table = ""});
  }
  return absl::OkStatus();
}

absl::Status ReadLibraries(const base::Context& context, Session& session, Catalog& catalog) {
  if (!session.Accepts(Feature::kLibraries)) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const Rows libraries,
      session.Query(context, absl::StrCat("SELECT library_name"
                                          " FROM information_schema.libraries"
                                          " WHERE library_schema = ",
                                          QuoteText(catalog.database), " ORDER BY 1")));
  for (const Row& row : libraries) catalog.libraries.emplace_back(Text(row, 0));
  return absl::OkStatus();
}

}  // namespace

std::string_view SqlWord(StoredObject::Kind kind) {
  switch (kind) {
    case StoredObject::Kind::kProcedure:
      return "PROCEDURE";
    case StoredObject::Kind::kFunction:
      return "FUNCTION";
    case StoredObject::Kind::kPackage:
      return "PACKAGE";
    case StoredObject::Kind::kPackageBody:
      return "PACKAGE BODY";
    case StoredObject::Kind::kTrigger:
      return "TRIGGER";
    case StoredObject::Kind::kEvent:
      return "EVENT";
  }
  return "";
}

absl::StatusOr<Catalog> ReadCatalog(const base::Context& context, Session& session,
                                    const std::string& database, bool with_columns) {
  Catalog catalog;
  catalog.database = database;
  ASSIGN_OR_RETURN(catalog.closed_views, ClosedViews(context, session, database));
  CallingViews calling;
  if (!catalog.closed_views.empty()) {
    ASSIGN_OR_RETURN(calling, FindCallingViews(context, session, database));
  }
  RETURN_IF_ERROR(ReadTables(context, session, calling, catalog));
  if (with_columns) RETURN_IF_ERROR(ReadColumns(context, session, catalog));
  RETURN_IF_ERROR(ReadObjects(context, session, catalog));
  RETURN_IF_ERROR(ReadLibraries(context, session, catalog));
  return catalog;
}

}  // namespace siphon::mysqlcommon
