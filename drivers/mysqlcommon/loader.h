// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_LOADER_H_
#define DRIVERS_MYSQLCOMMON_LOADER_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/allowed_statements.h"
#include "drivers/mysqlcommon/census.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/name_patterns.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/set_statement.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tools.h"
#include "drivers/mysqlcommon/translate.h"
#include "siphon/base/context.h"
#include "siphon/domain/sql/splitter.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// Runs the statements of a dump in a scratch database. Skips statements that the options do not
// select, and those that are not about the database's content (LOCK TABLES, SET GLOBAL, USE).
// Collects the definitions that cannot be moved into the target later (deferred()). Refuses a
// statement that StatementJudge refuses before running it; with RestoreOptions::trust only one
// whose object is in another database.
class Loader {
 public:
  // `session` is connected to the scratch database; `target` is the name of the database to be
  // restored. If `client` is not null, it runs the statements that create and fill tables. All
  // pointers must outlive this.
  Loader(Session* session, std::string target, const driver::RestoreOptions* options,
         ClientPipe* client = nullptr);
  // Sets the session's variables for loading; called before the first statement.
  absl::Status Begin(const base::Context& context);
  // `settings` are those of the dump before the statement.
  absl::Status Run(const base::Context& context, const sql::Piece& piece,
                   const ScriptSettings& settings);
  // errs::kNotFound when the dump lacks a table that the options name.
  absl::Status CheckAllFound() const;

  std::vector<Definition>& deferred() { return deferred_; }
  // The objects of the dump that were loaded or deferred; with data_only, the tables of its rows.
  Census& census() { return census_; }

 private:
  absl::Status CheckLength(std::string_view sql, const sql::Piece& piece) const;
  absl::Status Execute(const base::Context& context, std::string_view sql, const sql::Piece& piece);
  // An error of a statement of the dump, with its place in the dump.
  absl::Status InDump(const base::Context& context, const absl::Status& done,
                      const sql::Piece& piece);
  // A hint for the error, if the table's engine says more about the cause than the error's number;
  // else empty.
  absl::StatusOr<std::string> HintOf(const base::Context& context, const absl::Status& done,
                                     const sql::Piece& piece);
  // Runs a CREATE TABLE statement: the table gets the engine that it names, or none.
  absl::Status Make(const base::Context& context, const std::string& name, std::string_view create,
                    const sql::Piece& piece);
  absl::Status CheckDatabase(const Statement& statement, const sql::Piece& piece);
  // An error if the translation of a SET statement makes the session read statements in another way
  // than the reader of the dump does.
  absl::Status CheckReadsAs(std::string_view translated, const sql::Piece& piece,
                            const ScriptSettings& settings) const;
  // Judges and runs a statement in the language of the session's server.
  absl::Status RunTranslated(const base::Context& context, const sql::Piece& piece,
                             const ScriptSettings& settings);
  // Runs or skips a statement that may run.
  absl::Status RunAllowed(const base::Context& context, const Statement& statement,
                          const sql::Piece& piece);
  absl::Status Defer(const base::Context& context, const sql::Piece& piece);
  // In place: drops the table, view or sequence that the statement's one replaces.
  absl::Status DropPresent(const base::Context& context, const Statement& statement,
                           const sql::Piece& piece);
  // `create` with the sequences that are not restored qualified by the target, which must have
  // them: errs::kNotFound otherwise.
  absl::StatusOr<std::string> QualifySequences(const base::Context& context,
                                               const std::string& table, const std::string& create);
  absl::Status CreateTable(const base::Context& context, const Statement& statement,
                           const sql::Piece& piece);
  // With data_only: creates a copy of the target's table in the scratch database before its first
  // rows arrive. In place, the rows go to the target's own table, emptied before with `clean`.
  absl::Status NeedTable(const base::Context& context, const Statement& statement,
                         const sql::Piece& piece);
  absl::Status CheckIsTable(const base::Context& context, const std::string& name);
  // siphon's own statements run with the settings of the dump: names in them are quoted for these.
  absl::StatusOr<std::string> SessionCharset(const base::Context& context);
  // A name of the dump as an expression (DumpNameText()), and in backticks.
  absl::StatusOr<std::string> NameText(const base::Context& context, std::string_view name);
  absl::StatusOr<std::string> Quoted(std::string_view name) const;
  // The target's name in backticks.
  absl::StatusOr<std::string> QuotedTarget(const base::Context& context);
  bool Wants(const Statement& statement);
  // True if the options leave the table, view or sequence of the statement out.
  bool IsExcluded(const Statement& statement);
  bool IsLeftOut(const Statement& statement) const;

  Session* session_;
  std::string target_;
  const driver::RestoreOptions* options_;
  ClientPipe* client_;
  NamePatterns tables_, exclude_tables_;
  std::string used_;  // The database that the dump's USE named; with trust.
  StatementJudge judge_;
  Syntax syntax_;                     // Of the current statement.
  bool refuses_substitutes_ = false;  // Its sql_mode contains NO_ENGINE_SUBSTITUTION.
  std::set<std::string> made_;
  std::optional<Translator> translator_;  // Set for a body of the other fork.
  std::vector<Definition> deferred_;
  Census census_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_LOADER_H_
