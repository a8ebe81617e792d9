// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/crossing.h"

#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/allowed_statements.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/scratch.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/set_statement.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tokens.h"
#include "drivers/mysqlcommon/view_stubs.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

using Kind = Statement::Kind;

std::string_view WordFor(StoredObject::Kind kind) {
  switch (kind) {
    case StoredObject::Kind::kTrigger:
      return "trigger ";
    case StoredObject::Kind::kEvent:
      return "event ";
    default:
      return "routine ";
  }
}

class Trial {
 public:
  Trial(const base::Context& context, Session& source, Session& trial, Translator translator,
        const driver::BackupOptions& options)
      : context_(context),
        source_(source),
        trial_(trial),
        translator_(std::move(translator)),
        options_(options),
        database_(source.settings().database) {}

  absl::StatusOr<driver::Crossing> Run() {
    RETURN_IF_ERROR(trial_.Execute(context_,
                                   "SET SESSION foreign_key_checks=0, sql_notes=0,"
                                   " sql_mode='NO_ENGINE_SUBSTITUTION,NO_DIR_IN_CREATE'"));
    RETURN_IF_ERROR(source_.Execute(context_, "SET character_set_results=NULL"));
    ASSIGN_OR_RETURN(const Catalog catalog, ReadCatalog(context_, source_, database_, true));
    ASSIGN_OR_RETURN(const Selection chosen, Select(catalog, options_));
    for (const Table* const sequence : chosen.sequences) {
      Lose(absl::StrCat("sequence ", sequence->name), "is left out, as MySQL has none");
    }
    for (const Table* const table : chosen.tables) RETURN_IF_ERROR(TryTable(*table));
    if (!options_.data_only) {
      RETURN_IF_ERROR(TryObjects(chosen, false));
      RETURN_IF_ERROR(TryViews(chosen));
      RETURN_IF_ERROR(TryObjects(chosen, true));
    }
    RETURN_IF_ERROR(source_.Execute(context_, "SET NAMES utf8mb4"));
    return std::move(crossing_);
  }

 private:
  void Lose(std::string_view object, std::string_view what) {
    crossing_.losses.push_back(ToUtf8(absl::StrCat(object, ": ", what)));
  }

  void Take(const std::string& object, const Translated& translated) {
    for (const std::string& change : translated.changes) {
      crossing_.changes.push_back(ToUtf8(absl::StrCat(object, ": ", change)));
    }
    for (const std::string& loss : translated.losses) Lose(object, loss);
  }

  // An object that the server refuses is left out.
  absl::Status Judge(const std::string& object, const absl::Status& status) {
    if (status.ok()) return status;
    RETURN_IF_ERROR(context_.Check());
    const std::optional<errs::Error> error = errs::GetError(status);
    if (!error.has_value() || trial_.broken()) return status;
    Lose(object, absl::StrCat("is left out, as the server says: ", error->detail));
    crossing_.leave_out.push_back(object);
    return absl::OkStatus();
  }

  // The statement that a restore runs for `translated`. Without a value, a restore refuses it, and
  // the object is left out: a hostile source may answer SHOW CREATE with any statement.
  std::optional<std::string> Allow(const std::string& object, const Translated& translated,
                                   const ScriptSettings& settings) {
    const Judgement judgement = StatementJudge(RuleOf(trial_)).Judge(translated.sql, settings);
    if (judgement.action == Judgement::Action::kRun) return judgement.sql.value_or(translated.sql);
    Lose(object, absl::StrCat("is left out; not part of a ", object.substr(0, object.find(' ')),
                              ": ", judgement.reason));
    crossing_.leave_out.push_back(object);
    return std::nullopt;
  }

  absl::Status TryTable(const Table& table) {
    const std::string object = absl::StrCat("table ", table.name);
    ASSIGN_OR_RETURN(const std::string create,
                     TableDefinition(context_, source_, database_, table));
    Translated translated = TranslateStatement(translator_, create, {});
    // With data_only the rows go into existing tables.
    if (options_.data_only) translated.changes.clear();
    Take(object, translated);
    const std::optional<std::string> allowed = Allow(object, translated, ScriptSettings());
    if (!allowed.has_value()) return absl::OkStatus();
    const absl::StatusOr<std::string> made = CreateTable(context_, trial_, *allowed);
    if (made.ok() && !made->empty()) crossing_.changes.push_back(absl::StrCat(object, ": ", *made));
    return Judge(object, made.status());
  }

  absl::Status TryDefinition(const std::string& object, const Definition& definition, bool event) {
    const Syntax syntax = SyntaxOf(definition);
    const Translated translated = TranslateStatement(
        translator_, WithOwner(definition.create, options_.no_owner, options_.definer, syntax),
        syntax);
    Take(object, translated);
    const std::string session = SessionFor(definition);
    const std::optional<std::string> set =
        Allow(object, TranslateStatement(translator_, session, {}), ScriptSettings());
    if (!set.has_value()) return absl::OkStatus();
    // As a restore reads it in the dump.
    ScriptSettings settings;
    const auto assignments = ParseSet(session, {}, RuleOf(trial_));
    if (assignments.has_value()) settings.Apply(*assignments);
    const std::optional<std::string> create = Allow(object, translated, settings);
    if (!create.has_value()) return absl::OkStatus();
    absl::Status made = trial_.Execute(context_, *set);
    if (made.ok()) {
      made = trial_.Execute(context_, event ? DisabledEvent(*create, syntax) : *create);
    }
    return Judge(object, made);
  }

  absl::Status TryObjects(const Selection& chosen, bool late) {
    for (const StoredObject* const object : chosen.objects) {
      const bool event = object->kind == StoredObject::Kind::kEvent;
      if ((event || object->kind == StoredObject::Kind::kTrigger) != late) continue;
      ASSIGN_OR_RETURN(const Definition definition,
                       ObjectDefinition(context_, source_, database_, *object));
      RETURN_IF_ERROR(
          TryDefinition(absl::StrCat(WordFor(object->kind), object->name), definition, event));
    }
    return absl::OkStatus();
  }

  absl::Status TryViews(const Selection& chosen) {
    std::vector<std::pair<std::string, Definition>> views;
    for (const Table* const view : chosen.views) {
      ASSIGN_OR_RETURN(Definition definition, ViewDefinition(context_, source_, database_, *view));
      views.emplace_back(view->name, std::move(definition));
    }
    // The functions have been tried.
    if (trial_.is_mariadb()) {
      RETURN_IF_ERROR(trial_.Execute(context_, kOwnSession));
      RETURN_IF_ERROR(StubFunctions(context_, trial_, {}).status());
    }
    for (const size_t i : OrderViews(views)) {
      const std::string object = absl::StrCat("view ", views[i].first);
      const absl::Status calls =
          CheckViewCalls(context_, trial_, {views[i].second}, trial_.settings().database);
      if (!calls.ok()) {
        RETURN_IF_ERROR(Judge(object, calls));
        continue;
      }
      RETURN_IF_ERROR(TryDefinition(object, views[i].second, false));
    }
    return absl::OkStatus();
  }

  const base::Context& context_;
  Session& source_;
  Session& trial_;
  const Translator translator_;
  const driver::BackupOptions& options_;
  const std::string database_;
  driver::Crossing crossing_;
};

}  // namespace

absl::StatusOr<Translator> TranslatorFor(const base::Context& context, Session& session) {
  // In MariaDB from 10.10 on, collation_name is a short name for a collation of several character
  // sets.
  const bool full = session.Accepts(Feature::kFullCollationName);
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context,
                    absl::StrCat("SELECT ", full ? "full_collation_name" : "collation_name",
                                 " FROM information_schema"
                                 ".collation_character_set_applicability")));
  std::set<std::string> collations;
  for (const Row& row : rows) collations.emplace(Text(row, 0));
  ASSIGN_OR_RETURN(const Rows supported,
                   session.Query(context,
                                 "SELECT UPPER(engine) FROM information_schema.engines"
                                 " WHERE support IN ('YES', 'DEFAULT')"));
  std::set<std::string> engines;
  for (const Row& row : supported) engines.emplace(Text(row, 0));
  return Translator(session.server_fork(), std::move(collations), std::move(engines));
}

Translated TranslateStatement(const Translator& translator, std::string_view sql,
                              const Syntax& syntax) {
  const Kind kind = Classify(sql, syntax).kind;
  if (kind == Kind::kTable) return translator.Table(sql, syntax);
  if (kind != Kind::kRows && kind != Kind::kKeys) return translator.Other(sql, syntax);
  Translated unchanged;
  unchanged.sql = sql;
  return unchanged;
}

std::string CrossingName(const Statement& statement) {
  switch (statement.kind) {
    case Kind::kTable:
    case Kind::kRows:
    case Kind::kKeys:
      return absl::StrCat("table ", statement.name);
    case Kind::kView:
      return absl::StrCat("view ", statement.name);
    case Kind::kRoutine:
      return absl::StrCat("routine ", statement.name);
    case Kind::kTrigger:
      return absl::StrCat("trigger ", statement.name);
    case Kind::kEvent:
      return absl::StrCat("event ", statement.name);
    default:
      return "";
  }
}

absl::StatusOr<driver::Crossing> CheckCrossing(const base::Context& context, Session& target,
                                               Session& source,
                                               const driver::BackupOptions& options) {
  RETURN_IF_ERROR(context.Check());
  const Session::Watch watch_source(context, source), watch_target(context, target);
  ASSIGN_OR_RETURN(Translator translator, TranslatorFor(context, target));
  ASSIGN_OR_RETURN(const std::unique_ptr<ScratchDatabase> scratch,
                   ScratchDatabase::Create(context, target.server_fork(), target.settings()));
  Settings settings = target.settings();
  settings.database = scratch->name();
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> trial,
                   Session::Connect(context, target.server_fork(), settings));
  absl::StatusOr<driver::Crossing> crossing = [&] {
    const Session::Watch watch(context, *trial);
    return Trial(context, source, *trial, std::move(translator), options).Run();
  }();
  // Its locks would prevent the scratch database from being dropped.
  if (!crossing.ok()) trial->Abandon();
  return crossing;
}

}  // namespace siphon::mysqlcommon
