// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/swap.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/staying.h"
#include "drivers/mysqlcommon/swap_journal.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.restore";

bool IsView(const Table& table) { return table.kind == Table::Kind::kView; }

// An error unless the user may create objects with the definers of these definitions.
absl::Status TryDefiners(const base::Context& context, Session& session, const std::string& scratch,
                         const std::vector<Definition>& definitions) {
  std::set<std::string_view> accounts;
  for (const Definition& definition : definitions)
    accounts.insert(DefinerOf(definition.create, SyntaxOf(definition)));
  const std::string view = QuoteQualified(scratch, "siphon: rehearsal");
  for (const std::string_view account : accounts) {
    if (account.empty()) continue;
    RETURN_IF_ERROR(session.Execute(
        context, absl::StrCat("CREATE DEFINER=", account, " VIEW ", view, " AS SELECT 1"),
        absl::StrCat("with the definer ", ToUtf8(account))));
    RETURN_IF_ERROR(session.Execute(context, absl::StrCat("DROP VIEW ", view)));
  }
  return absl::OkStatus();
}

// Drops the objects of `catalog` but its tables.
absl::Status DropObjects(const base::Context& context, Session& session, const Catalog& catalog) {
  const std::string& database = session.settings().database;
  for (const StoredObject& object : catalog.objects) {
    // Dropping a package drops its body.
    if (object.kind == StoredObject::Kind::kPackageBody) continue;
    // Without a database, DROP FUNCTION would drop a library's function of the same name.
    RETURN_IF_ERROR(
        session.Execute(context, absl::StrCat("DROP ", SqlWord(object.kind), " IF EXISTS ",
                                              QuoteQualified(database, object.name))));
  }
  for (const Table& table : catalog.tables) {
    if (!IsView(table)) continue;
    RETURN_IF_ERROR(
        session.Execute(context, absl::StrCat("DROP VIEW ", QuoteQualified(database, table.name))));
  }
  return absl::OkStatus();
}

// One swap, with everything needed to undo it.
class Swapper {
 public:
  Swapper(const base::Context& context, Session& session, const std::string& scratch,
          const Census& census, bool trust)
      : always_(context.WithStop({}).WithDeadline(base::Context::SteadyTime::max())),
        session_(session),
        database_(session.settings().database),
        scratch_(scratch),
        census_(census),
        trust_(trust) {}

  // Reads both databases; changes nothing.
  absl::Status Prepare(const base::Context& context, Extent extent);
  // Creates the deferred definitions in the scratch database, then drops the triggers there, which
  // would prevent the tables from moving. Also an error when the user could not recreate the
  // definitions of the target.
  absl::Status Rehearse(const std::vector<Definition>& deferred);
  absl::Status Run(const std::vector<Definition>& deferred);

 private:
  absl::Status Execute(std::string_view sql, std::string_view what = "") {
    return session_.Execute(always_, sql, what);
  }
  // The part of the target's content that is replaced.
  absl::StatusOr<Catalog> Replaced(const base::Context& context, const Catalog& present) const;
  absl::Status CheckTriggers(const Catalog& present) const;
  absl::Status ReadOld(const base::Context& context, const Catalog& present);
  absl::Status FindReferenced(const base::Context& context);
  absl::Status MoveTables();
  absl::Status BeginJournal(const std::vector<Definition>& deferred);
  absl::Status Mark(SwapJournal::State state);
  absl::Status CheckResult();
  absl::Status Undo();

  // A swap that has begun is completed or undone even if the verb's context stops.
  const base::Context always_;
  Session& session_;
  const std::string database_;
  const std::string scratch_;
  const Census& census_;
  const bool trust_;  // As in MakeOptions.
  Extent extent_ = Extent::kDatabase;
  Catalog old_, incoming_;  // What is replaced, and the content of the scratch database.
  Staying staying_;
  std::set<std::string> old_tables_;  // Tables to be replaced.
  std::vector<Definition> old_definitions_;
  // Replaced tables to which foreign keys of remaining tables refer. They are dropped, because a
  // foreign key follows a renamed table.
  std::set<std::string> referenced_;
  SwapJournal journal_;
  std::string old_name_;
  bool moved_ = false;
};

absl::Status Swapper::Prepare(const base::Context& context, Extent extent) {
  extent_ = extent;
  RETURN_IF_ERROR(session_.Execute(context, "SET SESSION sql_mode='', foreign_key_checks=0"));
  ASSIGN_OR_RETURN(incoming_, ReadCatalog(context, session_, scratch_, false));
  RETURN_IF_ERROR(census_.Check(context, session_, incoming_, Census::Scope::kTables));
  ASSIGN_OR_RETURN(const Catalog present, ReadCatalog(context, session_, database_, false));
  ASSIGN_OR_RETURN(old_, Replaced(context, present));
  for (const Table& table : old_.tables) {
    if (!IsView(table)) old_tables_.insert(table.name);
  }
  if (extent != Extent::kDatabase) {
    RETURN_IF_ERROR(CheckTriggers(present));
    RETURN_IF_ERROR(FindReferenced(context));
  }
  return ReadOld(context, present);
}

absl::StatusOr<Catalog> Swapper::Replaced(const base::Context& context,
                                          const Catalog& present) const {
  if (extent_ == Extent::kDatabase) return present;
  if (extent_ == Extent::kDump) return census_.Held(context, session_, present);
  std::set<std::string_view> names, tables;
  for (const Table& table : incoming_.tables) names.insert(table.name);
  Catalog replaced;
  replaced.database = present.database;
  for (const Table& table : present.tables) {
    if (IsView(table) || !names.contains(table.name)) continue;
    tables.insert(table.name);
    replaced.tables.push_back(table);
  }
  for (const StoredObject& object : present.objects) {
    if (object.kind != StoredObject::Kind::kTrigger || !tables.contains(object.table)) continue;
    replaced.objects.push_back(object);
  }
  return replaced;
}

// The names of triggers are unique in a database.
absl::Status Swapper::CheckTriggers(const Catalog& present) const {
  for (const StoredObject& object : present.objects) {
    if (object.kind != StoredObject::Kind::kTrigger || old_tables_.contains(object.table) ||
        !census_.HasTrigger(object.name)) {
      continue;
    }
    return errs::UserError(
        kOp, errs::kAlreadyExists,
        absl::StrCat("trigger ", ToUtf8(object.name), " of table ", ToUtf8(object.table),
                     ", which stays; the dump has a trigger of this name for another table"),
        "restore that table as well, or drop the trigger first");
  }
  return absl::OkStatus();
}

// Reads the definitions of the objects, other than tables, that are dropped.
absl::Status Swapper::ReadOld(const base::Context& context, const Catalog& present) {
  RETURN_IF_ERROR(session_.Execute(context, "SET character_set_results=NULL"));
  std::vector<std::pair<std::string, Definition>> views;
  for (const Table& table : old_.tables) {
    if (!IsView(table)) continue;
    ASSIGN_OR_RETURN(Definition view, ViewDefinition(context, session_, database_, table));
    // Nobody can create it again.
    if (view.unreadable.empty()) views.emplace_back(table.name, std::move(view));
  }
  // Routines come before the views that call them, triggers and events after these.
  for (const bool late : {false, true}) {
    for (const StoredObject& object : old_.objects) {
      const bool is_late =
          object.kind == StoredObject::Kind::kTrigger || object.kind == StoredObject::Kind::kEvent;
      if (is_late != late) continue;
      ASSIGN_OR_RETURN(Definition definition,
                       ObjectDefinition(context, session_, database_, object));
      old_definitions_.push_back(std::move(definition));
    }
    if (late) break;
    for (const size_t i : OrderViews(views)) old_definitions_.push_back(views[i].second);
  }
  if (extent_ != Extent::kDatabase) {
    ASSIGN_OR_RETURN(staying_, ReadStaying(context, session_, present, old_));
  }
  // It must be possible to undo the swap.
  if (!trust_) RETURN_IF_ERROR(CheckViewCalls(context, session_, old_definitions_, ""));
  return session_.Execute(context, "SET NAMES utf8mb4");
}

absl::Status Swapper::Rehearse(const std::vector<Definition>& deferred) {
  RETURN_IF_ERROR(TryDefiners(always_, session_, scratch_, deferred));
  std::vector<Definition> parts;
  for (const Definition& definition : deferred) {
    // Not events, which might start to run, and not names qualified by a database: that could be
    // the target.
    const Syntax syntax = SyntaxOf(definition);
    const Statement statement = Classify(definition.create, syntax);
    if (statement.kind == Statement::Kind::kEvent || !statement.schema.empty()) continue;
    parts.push_back(definition);
    // The definer may have no rights on the scratch database.
    parts.back().create = WithDefiner(definition.create, "CURRENT_USER", syntax);
  }
  RETURN_IF_ERROR(Execute(absl::StrCat("USE ", QuoteName(scratch_))));
  RETURN_IF_ERROR(
      RehearseWithStaying(always_, session_, database_, scratch_, parts, staying_, trust_));
  ASSIGN_OR_RETURN(const Catalog made, ReadCatalog(always_, session_, scratch_, false));
  for (const StoredObject& object : made.objects) {
    if (object.kind != StoredObject::Kind::kTrigger) continue;
    RETURN_IF_ERROR(Execute(absl::StrCat("DROP TRIGGER ", QuoteQualified(scratch_, object.name))));
  }
  RETURN_IF_ERROR(Execute(absl::StrCat("USE ", QuoteName(database_))));
  return CheckReplaced(always_, session_, scratch_, old_definitions_);
}

absl::Status Swapper::FindReferenced(const base::Context& context) {
  ASSIGN_OR_RETURN(const std::vector<ForeignKey> keys,
                   ForeignKeysInto(context, session_, database_));
  for (const ForeignKey& key : keys) {
    const bool stays = key.schema != database_ || !old_tables_.contains(key.table);
    if (!stays || !old_tables_.contains(key.parent)) continue;
    RETURN_IF_ERROR(CheckRowsStayValid(context, session_, database_, scratch_, key));
    referenced_.insert(key.parent);
  }
  return absl::OkStatus();
}

absl::Status Swapper::MoveTables() {
  std::vector<std::string> moves, late;
  for (const std::string& name : old_tables_) {
    if (referenced_.contains(name)) continue;
    moves.push_back(
        absl::StrCat(QuoteQualified(database_, name), " TO ", QuoteQualified(old_name_, name)));
  }
  for (const Table& table : incoming_.tables) {
    if (IsView(table)) continue;
    std::string move = absl::StrCat(QuoteQualified(scratch_, table.name), " TO ",
                                    QuoteQualified(database_, table.name));
    (referenced_.contains(table.name) ? late : moves).push_back(std::move(move));
  }
  if (!moves.empty()) {
    RETURN_IF_ERROR(Execute(absl::StrCat("RENAME TABLE ", absl::StrJoin(moves, ", ")),
                            "cannot exchange the tables"));
  } else {
    // Where no table moves, the tables do not show how far the exchange has come.
    RETURN_IF_ERROR(Mark(SwapJournal::State::kMoved));
  }
  moved_ = true;
  for (const std::string& name : referenced_) {
    RETURN_IF_ERROR(Execute(absl::StrCat("DROP TABLE ", QuoteQualified(database_, name))));
  }
  if (late.empty()) return absl::OkStatus();
  const absl::Status renamed = Execute(absl::StrCat("RENAME TABLE ", absl::StrJoin(late, ", ")));
  if (renamed.ok()) return renamed;
  return errs::MakeStatus({.op = std::string(kOp),
                           .code = errs::Code::kPartial,
                           .cause = errs::kDatabase,
                           .detail = std::string(renamed.message()),
                           .hint = absl::StrCat("the restored tables are in the database ",
                                                scratch_, ": move them by RENAME TABLE")});
}

absl::Status Swapper::Undo() {
  RETURN_IF_ERROR(Execute(kOwnSession));
  // Drops the objects that the swap has created, and those that are recreated below.
  ASSIGN_OR_RETURN(const Catalog present, ReadCatalog(always_, session_, database_, false));
  ASSIGN_OR_RETURN(const Catalog now, Replaced(always_, present));
  RETURN_IF_ERROR(DropObjects(always_, session_, now));
  if (moved_) {
    std::vector<std::string> moves;
    for (const Table& table : incoming_.tables) {
      if (IsView(table)) continue;
      moves.push_back(absl::StrCat(QuoteQualified(database_, table.name), " TO ",
                                   QuoteQualified(scratch_, table.name)));
    }
    for (const std::string& name : old_tables_) {
      moves.push_back(
          absl::StrCat(QuoteQualified(old_name_, name), " TO ", QuoteQualified(database_, name)));
    }
    if (!moves.empty()) {
      RETURN_IF_ERROR(Execute(absl::StrCat("RENAME TABLE ", absl::StrJoin(moves, ", "))));
    }
  }
  if (journal_.state == SwapJournal::State::kMoved) {
    RETURN_IF_ERROR(Mark(SwapJournal::State::kSwapping));
  }
  RETURN_IF_ERROR(MakeDefinitions(always_, session_, old_definitions_, {.trust = trust_}));
  return Execute(absl::StrCat("DROP DATABASE ", QuoteName(old_name_)));
}

// Also creates the database for the replaced tables.
absl::Status Swapper::BeginJournal(const std::vector<Definition>& deferred) {
  ASSIGN_OR_RETURN(journal_, NewJournal(always_, session_));
  journal_.scratch = scratch_;
  const SwapJournal nothing = journal_;
  journal_.state = SwapJournal::State::kSwapping;
  journal_.target = database_;
  for (const std::string& name : old_tables_) {
    if (!referenced_.contains(name)) journal_.moved.push_back(name);
  }
  for (const Table& table : incoming_.tables) {
    if (IsView(table)) continue;
    (referenced_.contains(table.name) ? journal_.late : journal_.incoming).push_back(table.name);
  }
  journal_.dropped = old_definitions_;
  journal_.made = deferred;
  old_name_ = OldNameFor(scratch_);
  RETURN_IF_ERROR(WriteJournal(session_.settings(), journal_));
  const absl::Status made = Execute(absl::StrCat("CREATE DATABASE ", QuoteName(old_name_)));
  if (!made.ok()) WriteJournal(session_.settings(), nothing).IgnoreError();
  return made;
}

absl::Status Swapper::CheckResult() {
  ASSIGN_OR_RETURN(const Catalog made, ReadCatalog(always_, session_, database_, false));
  return census_.Check(always_, session_, made, ScopeOf(extent_));
}

absl::Status Swapper::Mark(SwapJournal::State state) {
  journal_.state = state;
  return WriteJournal(session_.settings(), journal_);
}

absl::Status Swapper::Run(const std::vector<Definition>& deferred) {
  RETURN_IF_ERROR(BeginJournal(deferred));
  const auto run = [&]() -> absl::Status {
    RETURN_IF_ERROR(DropObjects(always_, session_, old_));
    RETURN_IF_ERROR(MoveTables());
    RETURN_IF_ERROR(RepairMoved(always_, session_, scratch_));
    RETURN_IF_ERROR(MakeDefinitions(always_, session_, deferred, {.trust = trust_}));
    return CheckResult();
  };
  const absl::Status status = run();
  if (status.ok()) {
    // Without the mark, the next restore would find nothing to complete.
    Mark(SwapJournal::State::kDone).IgnoreError();
    return Execute(absl::StrCat("DROP DATABASE ", QuoteName(old_name_)));
  }
  if (errs::ExitCode(status) == static_cast<int>(errs::Code::kPartial)) return status;
  // A table that was dropped because of foreign keys cannot be put back.
  const absl::Status undone =
      referenced_.empty() || !moved_
          ? Undo()
          : errs::SystemError(kOp, errs::kDatabase,
                              "the tables that other tables reference were replaced already");
  if (undone.ok()) return status;
  return errs::MakeStatus(
      {.op = std::string(kOp),
       .code = errs::Code::kPartial,
       .cause = errs::kDatabase,
       .detail = absl::StrCat(status.message(), "; and it could not be undone: ", undone.message()),
       .hint = absl::StrCat("the previous tables are in the database ", old_name_)});
}

}  // namespace

Census::Scope ScopeOf(Extent extent) {
  switch (extent) {
    case Extent::kTables:
      return Census::Scope::kTheseTables;
    case Extent::kDump:
      return Census::Scope::kHeld;
    case Extent::kDatabase:
      break;
  }
  return Census::Scope::kAll;
}

absl::Status CheckReplaced(const base::Context& context, Session& session,
                           const std::string& scratch, const std::vector<Definition>& replaced) {
  return errs::WithHint(
      TryDefiners(context, session, scratch, replaced),
      "the target contains views, routines, triggers or events with that definer, which the user "
      "could "
      "not recreate: grant the user the right to name them, or drop these first");
}

absl::Status DropAll(const base::Context& context, Session& session) {
  RETURN_IF_ERROR(session.Execute(context, "SET SESSION foreign_key_checks=0"));
  ASSIGN_OR_RETURN(const Catalog catalog,
                   ReadCatalog(context, session, session.settings().database, false));
  for (const StoredObject& object : catalog.objects) {
    // A trigger goes with its table, which needs no further right.
    if (object.kind == StoredObject::Kind::kPackageBody ||
        object.kind == StoredObject::Kind::kTrigger) {
      continue;
    }
    // Without a database, DROP FUNCTION would drop a library's function of the same name.
    RETURN_IF_ERROR(session.Execute(
        context, absl::StrCat("DROP ", SqlWord(object.kind), " IF EXISTS ",
                              QuoteQualified(session.settings().database, object.name))));
  }
  // The default of a column may need a sequence.
  for (const Table::Kind kind : {Table::Kind::kView, Table::Kind::kTable, Table::Kind::kSequence}) {
    const std::string_view word = kind == Table::Kind::kView    ? "VIEW "
                                  : kind == Table::Kind::kTable ? "TABLE "
                                                                : "SEQUENCE ";
    for (const Table& table : catalog.tables) {
      if (table.kind != kind) continue;
      RETURN_IF_ERROR(session.Execute(context, absl::StrCat("DROP ", word, QuoteName(table.name))));
    }
  }
  return absl::OkStatus();
}

absl::Status DropHeld(const base::Context& context, Session& session, const Census& census) {
  ASSIGN_OR_RETURN(const Catalog catalog,
                   ReadCatalog(context, session, session.settings().database, false));
  ASSIGN_OR_RETURN(const Catalog held, census.Held(context, session, catalog));
  RETURN_IF_ERROR(DropObjects(context, session, held));
  for (const Table& table : held.tables) {
    if (IsView(table) || census.Has(table)) continue;
    RETURN_IF_ERROR(session.Execute(
        context,
        absl::StrCat("DROP ", table.kind == Table::Kind::kSequence ? "SEQUENCE " : "TABLE ",
                     QuoteName(table.name))));
  }
  return absl::OkStatus();
}

absl::Status Swap(const base::Context& context, Session& session, const std::string& scratch,
                  const std::vector<Definition>& deferred, const Census& census, Extent extent,
                  bool trust) {
  Swapper swapper(context, session, scratch, census, trust);
  RETURN_IF_ERROR(swapper.Prepare(context, extent));
  RETURN_IF_ERROR(swapper.Rehearse(deferred));
  RETURN_IF_ERROR(context.Check());
  return swapper.Run(deferred);
}

}  // namespace siphon::mysqlcommon
