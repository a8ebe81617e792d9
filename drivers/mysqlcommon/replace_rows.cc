// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/staying.h"
#include "drivers/mysqlcommon/swap.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

absl::Status CopyRows(const base::Context& context, Session& session, const std::string& scratch,
                      const Table& table) {
  std::vector<std::string> names;
  for (const Column& column : table.columns) {
    if (IsWritten(table, column)) names.push_back(QuoteName(column.name));
  }
  const std::string list = absl::StrJoin(names, ",");
  const std::string name = QuoteName(table.name);
  RETURN_IF_ERROR(session.Execute(context, absl::StrCat("DELETE FROM ", name)));
  // The deleted rows have become history.
  if (table.versioned) {
    RETURN_IF_ERROR(session.Execute(context, absl::StrCat("DELETE HISTORY FROM ", name)));
  }
  if (names.empty()) return absl::OkStatus();
  return session.Execute(
      context,
      absl::StrCat("INSERT INTO ", name, " (", list, ") SELECT ", list, " FROM ",
                   QuoteName(scratch), ".", name, table.versioned ? " FOR SYSTEM_TIME ALL" : ""),
      absl::StrCat("table ", ToUtf8(table.name)));
}

absl::Status CopyAll(const base::Context& context, Session& session, const std::string& scratch,
                     const std::vector<Table>& tables) {
  const bool versioned =
      std::any_of(tables.begin(), tables.end(), [](const Table& table) { return table.versioned; });
  if (versioned) {
    RETURN_IF_ERROR(errs::WithHint(
        session.Execute(context, "SET SESSION system_versioning_insert_history=1"),
        "the history of versioned tables needs MariaDB 10.11 and a secure_timestamp that lets the"
        " user write it"));
  }
  RETURN_IF_ERROR(session.Execute(context, "START TRANSACTION"));
  for (const Table& table : tables) {
    RETURN_IF_ERROR(CopyRows(context, session, scratch, table));
  }
  RETURN_IF_ERROR(context.Check());
  return session.Execute(base::Context(), "COMMIT");
}

}  // namespace

absl::Status ReplaceRows(const base::Context& context, Session& session, const std::string& scratch,
                         const Census& census) {
  const std::string database = session.settings().database;
  const base::Context always;
  ASSIGN_OR_RETURN(const Catalog incoming, ReadCatalog(context, session, scratch, true));
  RETURN_IF_ERROR(census.Check(context, session, incoming, Census::Scope::kTables));
  ASSIGN_OR_RETURN(const Catalog there, ReadCatalog(context, session, database, false));
  std::set<std::string_view> names;
  for (const Table& table : incoming.tables) names.insert(table.name);
  std::vector<StoredObject> triggers;
  std::vector<Definition> definitions;
  RETURN_IF_ERROR(session.Execute(context, "SET character_set_results=NULL"));
  for (const StoredObject& object : there.objects) {
    if (object.kind != StoredObject::Kind::kTrigger || !names.contains(object.table)) continue;
    ASSIGN_OR_RETURN(Definition definition, ObjectDefinition(context, session, database, object));
    triggers.push_back(object);
    definitions.push_back(std::move(definition));
  }
  ASSIGN_OR_RETURN(const std::vector<ForeignKey> keys, ForeignKeysInto(context, session, database));
  for (const ForeignKey& key : keys) {
    const bool stays = key.schema != database || !names.contains(key.table);
    if (!stays || !names.contains(key.parent)) continue;
    RETURN_IF_ERROR(CheckRowsStayValid(context, session, database, scratch, key));
  }
  // Preserves all values. Foreign keys among the tables need no check: the dump contains all rows.
  RETURN_IF_ERROR(
      session.Execute(context,
                      "SET NAMES utf8mb4, sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES',"
                      " foreign_key_checks=0, unique_checks=0"));
  RETURN_IF_ERROR(CheckReplaced(context, session, scratch, definitions));
  for (const StoredObject& trigger : triggers) {
    RETURN_IF_ERROR(
        session.Execute(always, absl::StrCat("DROP TRIGGER ", QuoteName(trigger.name))));
  }
  absl::Status status = CopyAll(context, session, scratch, incoming.tables);
  if (!status.ok() && !session.broken()) session.Execute(always, "ROLLBACK").IgnoreError();
  std::unique_ptr<Session> again;
  Session* recreating = &session;
  if (session.broken()) {
    absl::StatusOr<std::unique_ptr<Session>> made =
        Session::Connect(always, session.server_fork(), session.settings());
    if (made.ok()) again = *std::move(made);
    if (again != nullptr) recreating = again.get();
  }
  const absl::Status made = MakeDefinitions(always, *recreating, definitions);
  if (status.ok()) status = made;
  RETURN_IF_ERROR(status);
  ASSIGN_OR_RETURN(const Catalog now, ReadCatalog(always, *recreating, database, false));
  return CheckSameObjects(there, now);
}

}  // namespace siphon::mysqlcommon
