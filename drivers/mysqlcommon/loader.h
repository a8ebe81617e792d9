// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_LOADER_H_
#define DRIVERS_MYSQLCOMMON_LOADER_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
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

// What loaders have found in a dump.
struct LoadResult {
  explicit LoadResult(const driver::RestoreOptions& options)
      : tables(options.tables), exclude_tables(options.exclude_tables) {}
  // Adds the result of another loader of the same restore. Its definitions come last.
  void Add(LoadResult other);
  // errs::kNotFound when the dump lacks a table that the options name.
  absl::Status CheckAllFound() const;

  // Definitions that cannot be moved into the target, and are created there.
  std::vector<Definition> deferred;
  // The objects of the dump that were loaded or deferred; with data_only, the tables of its rows.
  Census census;
  NamePatterns tables, exclude_tables;  // Of the options.
  // Statements that add the keys of tables that were created without (CreateKeysLater()).
  std::vector<std::string> late_keys;
};

// The tables and sequences that the loaders of one restore have created. Thread-safe.
class MadeTables {
 public:
  // False if the name was there before.
  bool Add(const std::string& name) {
    const absl::MutexLock lock(&mutex_);
    return names_.insert(name).second;
  }
  bool Has(const std::string& name) const {
    const absl::MutexLock lock(&mutex_);
    return names_.contains(name);
  }

 private:
  mutable absl::Mutex mutex_;
  std::set<std::string> names_ ABSL_GUARDED_BY(mutex_);
};

// Runs the statements of a dump in a scratch database. Skips statements that the options do not
// select, and those that are not about the database's content (LOCK TABLES, SET GLOBAL, USE).
// Collects the definitions that cannot be moved into the target later (result()). Refuses a
// statement that StatementJudge refuses before running it; with RestoreOptions::trust only one
// whose object is in another database.
//
// Several loaders can load the parts of one dump at once, each with its own session and for one
// thread.
class Loader {
 public:
  // `session` is connected to the scratch database; `target` is the name of the database to be
  // restored. If `client` is not null, it runs the statements that create and fill tables. With
  // `made`, which they share, several loaders work at the same time: if the server ends a statement
  // because of another loader's, it is repeated. All pointers must outlive this.
  Loader(Session* session, std::string target, const driver::RestoreOptions* options,
         ClientPipe* client = nullptr, MadeTables* made = nullptr);
  // Creates the secondary keys of these tables not with the tables, where that is possible (see
  // late_keys.h). `tables` must outlive this.
  void CreateKeysLater(const std::set<std::string>* tables) { late_ = tables; }
  // Sets the session's variables for loading; called before the first statement.
  absl::Status Begin(const base::Context& context);
  // `settings` are those of the dump before the statement.
  absl::Status Run(const base::Context& context, const sql::Piece& piece,
                   const ScriptSettings& settings);
  // The origin of the statements that follow, for errors: "the dump", "table t of the dump".
  void SetSource(std::string source) {
    source_ = std::move(source);
    last_ = Statement::Kind::kOther;
  }

  LoadResult& result() { return result_; }
  // The rows in the INSERT statements so far, also in those that were skipped. With trust, they are
  // counted only if `made` was given.
  uint64_t rows() const { return rows_; }
  // The kind of the last statement of this origin that the judge has not skipped.
  Statement::Kind last() const { return last_; }

 private:
  absl::Status CheckLength(std::string_view sql, const sql::Piece& piece) const;
  absl::Status Execute(const base::Context& context, std::string_view sql, const sql::Piece& piece);
  // True if a statement that ended with this error can be run again: the sessions of several
  // loaders waited for each other, and the server has undone the statement.
  bool MayRepeat(const absl::Status& done) const;
  // The place of a statement and its beginning, for errors.
  std::string Where(const sql::Piece& piece) const;
  absl::Status CheckForClient(std::string_view sql, const sql::Piece& piece) const;
  absl::Status Refused(const Judgement& judgement, const sql::Piece& piece) const;
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
  void CountRowsOf(int64_t rows) {
    if (rows > 0) rows_ += static_cast<uint64_t>(rows);
  }

  Session* session_;
  std::string target_;
  const driver::RestoreOptions* options_;
  ClientPipe* client_;
  LoadResult result_;
  const std::set<std::string>* late_ = nullptr;
  std::string source_ = "the dump";
  uint64_t rows_ = 0;
  Statement::Kind last_ = Statement::Kind::kOther;
  bool in_transaction_ = false;  // The dump may have begun one.
  std::string used_;             // The database that the dump's USE named; with trust.
  StatementJudge judge_;
  Syntax syntax_;                     // Of the current statement.
  bool refuses_substitutes_ = false;  // Its sql_mode contains NO_ENGINE_SUBSTITUTION.
  MadeTables own_made_;
  MadeTables* made_;
  bool shared_;                           // Other loaders use `made_`, too.
  std::optional<Translator> translator_;  // Set for a body of the other fork.
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_LOADER_H_
