// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <optional>
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
#include "siphon/base/excerpt.h"

namespace siphon::mysqlcommon {
namespace {

// How many tables a hint names.
constexpr size_t kShown = 20;

// Replaces rows of the session's database by those of a scratch database.
class RowReplacer {
 public:
  RowReplacer(const base::Context& context, Session& session, const std::string& scratch,
              const Census& census)
      : context_(context),
        always_(context.WithStop({}).WithDeadline(base::Context::SteadyTime::max())),
        session_(session),
        scratch_(scratch),
        database_(session.settings().database),
        census_(census) {}

  absl::Status Run();

 private:
  // Before anything changes: reads and checks both databases, and opens the second session.
  absl::Status Prepare();
  absl::Status ReadTriggers(const std::set<std::string_view>& tables);
  absl::Status CheckKeys(const std::set<std::string_view>& tables);
  // Sets what preserves all values.
  absl::Status SetForCopies(Session& session);
  // Drops the triggers, and keeps the definitions of those that it has dropped.
  absl::Status DropTriggers();
  absl::Status CopyAll();
  absl::Status CopyRows(Session& session, const Table& table);
  // The error of a restore that may have changed the tables without transactions.
  absl::Status Partial(const absl::Status& status) const;
  // Creates the dropped triggers again, also if the session is lost, and compares the objects with
  // those before.
  absl::Status PutTriggersBack(const absl::Status& copied);

  const base::Context& context_;
  const base::Context always_;
  Session& session_;
  const std::string& scratch_;
  const std::string database_;
  const Census& census_;
  Catalog there_, incoming_;
  std::vector<StoredObject> triggers_;
  std::vector<Definition> definitions_;  // Of triggers_.
  std::vector<const Table*> transactional_, others_;
  // Writes the tables without transactions, each statement by itself: a server with GTIDs refuses
  // them in a transaction that has changed other tables. Null if there are none.
  std::unique_ptr<Session> autocommitting_;
};

absl::Status RowReplacer::ReadTriggers(const std::set<std::string_view>& tables) {
  RETURN_IF_ERROR(session_.Execute(context_, "SET character_set_results=NULL"));
  for (const StoredObject& object : there_.objects) {
    if (object.kind != StoredObject::Kind::kTrigger || !tables.contains(object.table)) continue;
    ASSIGN_OR_RETURN(Definition definition,
                     ObjectDefinition(context_, session_, database_, object));
    triggers_.push_back(object);
    definitions_.push_back(std::move(definition));
  }
  return absl::OkStatus();
}

absl::Status RowReplacer::CheckKeys(const std::set<std::string_view>& tables) {
  ASSIGN_OR_RETURN(const std::vector<ForeignKey> keys,
                   ForeignKeysInto(context_, session_, database_));
  for (const ForeignKey& key : keys) {
    const bool stays = key.schema != database_ || !tables.contains(key.table);
    if (!stays || !tables.contains(key.parent)) continue;
    RETURN_IF_ERROR(CheckRowsStayValid(context_, session_, database_, scratch_, key));
  }
  return absl::OkStatus();
}

absl::Status RowReplacer::SetForCopies(Session& session) {
  // Foreign keys among the tables need no check: the dump contains all rows.
  RETURN_IF_ERROR(
      session.Execute(context_,
                      "SET NAMES utf8mb4, sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES',"
                      " foreign_key_checks=0, unique_checks=0"));
  const bool versioned = std::any_of(incoming_.tables.begin(), incoming_.tables.end(),
                                     [](const Table& table) { return table.versioned; });
  if (!versioned) return absl::OkStatus();
  return errs::WithHint(
      session.Execute(context_, "SET SESSION system_versioning_insert_history=1"),
      "the history of versioned tables needs MariaDB 10.11 and a secure_timestamp that lets the"
      " user write it");
}

absl::Status RowReplacer::Prepare() {
  const Session::Watch watch(context_, session_);
  ASSIGN_OR_RETURN(incoming_, ReadCatalog(context_, session_, scratch_, true));
  RETURN_IF_ERROR(census_.Check(context_, session_, incoming_, Census::Scope::kTables));
  ASSIGN_OR_RETURN(there_, ReadCatalog(context_, session_, database_, false));
  std::set<std::string_view> names, without;
  for (const Table& table : there_.tables) {
    if (!table.transactional) without.insert(table.name);
  }
  for (const Table& table : incoming_.tables) {
    names.insert(table.name);
    (without.contains(table.name) ? others_ : transactional_).push_back(&table);
  }
  RETURN_IF_ERROR(ReadTriggers(names));
  RETURN_IF_ERROR(CheckKeys(names));
  RETURN_IF_ERROR(SetForCopies(session_));
  RETURN_IF_ERROR(CheckReplaced(context_, session_, scratch_, definitions_));
  if (others_.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(autocommitting_,
                   Session::Connect(context_, session_.server_fork(), session_.settings()));
  return SetForCopies(*autocommitting_);
}

absl::Status RowReplacer::DropTriggers() {
  for (size_t i = 0; i < triggers_.size(); ++i) {
    const absl::Status dropped =
        session_.Execute(always_, absl::StrCat("DROP TRIGGER ", QuoteName(triggers_[i].name)));
    if (dropped.ok()) continue;
    definitions_.resize(i);
    return dropped;
  }
  return absl::OkStatus();
}

absl::Status RowReplacer::CopyRows(Session& session, const Table& table) {
  std::vector<std::string> names;
  for (const Column& column : table.columns) {
    if (IsWritten(table, column)) names.push_back(QuoteName(column.name));
  }
  const std::string list = absl::StrJoin(names, ",");
  const std::string name = QuoteName(table.name);
  RETURN_IF_ERROR(session.Execute(context_, absl::StrCat("DELETE FROM ", name)));
  // The deleted rows have become history.
  if (table.versioned) {
    RETURN_IF_ERROR(session.Execute(context_, absl::StrCat("DELETE HISTORY FROM ", name)));
  }
  if (names.empty()) return absl::OkStatus();
  return session.Execute(
      context_,
      absl::StrCat("INSERT INTO ", name, " (", list, ") SELECT ", list, " FROM ",
                   QuoteName(scratch_), ".", name, table.versioned ? " FOR SYSTEM_TIME ALL" : ""),
      absl::StrCat("table ", ToUtf8(table.name)));
}

absl::Status RowReplacer::CopyAll() {
  {
    const Session::Watch watch(context_, session_);
    RETURN_IF_ERROR(session_.Execute(context_, "START TRANSACTION"));
    for (const Table* const table : transactional_) RETURN_IF_ERROR(CopyRows(session_, *table));
  }
  RETURN_IF_ERROR(context_.Check());
  if (autocommitting_ == nullptr) return session_.Execute(always_, "COMMIT");
  // Last, when nothing but the end of the server or of a connection prevents the COMMIT.
  const auto copy_others = [&]() -> absl::Status {
    const Session::Watch watch(context_, *autocommitting_);
    for (const Table* const table : others_) {
      RETURN_IF_ERROR(CopyRows(*autocommitting_, *table));
    }
    return absl::OkStatus();
  };
  absl::Status copied = copy_others();
  if (copied.ok()) copied = session_.Execute(always_, "COMMIT");
  return copied.ok() ? copied : Partial(copied);
}

absl::Status RowReplacer::Partial(const absl::Status& status) const {
  std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value()) return status;
  std::vector<std::string> names;
  for (const Table* const table : others_) names.push_back(ToUtf8(table->name));
  // A stop keeps its own exit code.
  if (context_.Check().ok()) error->code = errs::Code::kPartial;
  error->hint = absl::StrCat("tables without transactions may lack rows, or have the dump's rows (",
                             base::ListSome(names, kShown), "): restore again with --clean",
                             error->hint.empty() ? "" : "; ", error->hint);
  return errs::MakeStatus(*std::move(error));
}

absl::Status RowReplacer::PutTriggersBack(const absl::Status& copied) {
  // A CREATE TRIGGER would commit a transaction that is still open.
  if (!copied.ok() && !session_.broken() && !session_.Execute(always_, "ROLLBACK").ok()) {
    session_.Abandon();
  }
  std::unique_ptr<Session> again;
  if (session_.broken()) {
    again =
        Session::Connect(always_, session_.server_fork(), session_.settings()).value_or(nullptr);
  }
  Session& session = again == nullptr ? session_ : *again;
  const absl::Status made = MakeDefinitions(always_, session, definitions_);
  RETURN_IF_ERROR(copied);
  RETURN_IF_ERROR(made);
  ASSIGN_OR_RETURN(const Catalog now, ReadCatalog(always_, session, database_, false));
  return CheckSameObjects(there_, now);
}

absl::Status RowReplacer::Run() {
  RETURN_IF_ERROR(Prepare());
  absl::Status copied = DropTriggers();
  if (copied.ok()) copied = CopyAll();
  return PutTriggersBack(copied);
}

}  // namespace

absl::Status ReplaceRows(const base::Context& context, Session& session, const std::string& scratch,
                         const Census& census) {
  return RowReplacer(context, session, scratch, census).Run();
}

}  // namespace siphon::mysqlcommon
