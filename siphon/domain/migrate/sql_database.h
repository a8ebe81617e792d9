// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_SQL_DATABASE_H_
#define SIPHON_DOMAIN_MIGRATE_SQL_DATABASE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/script.h"

namespace siphon::migrate {

// An engine's SQL for the version table (docs/contracts.md#version-table) and the history, and its
// way to run transactions.
struct SqlDialect {
  std::string table;         // As it stands in SQL, quoted and qualified.
  std::string create_table;  // One or more statements.
  std::string history;
  std::string create_history;
  std::string history_columns;  // Those of HistoryRecord in its order, to be selected.
  std::string begin = "BEGIN";
  // What follows the beginning of a transaction that is run anew when it meets locks of others:
  // "; SET LOCAL ...".
  std::string begin_patiently;
  // An expression that is true while this connection holds the lock; part of a query.
  std::string lock_held = "TRUE";
  // True where a statement that runs by itself can be done without its record, because it commits
  // alone: it is recorded before it begins, too, and what was begun and is not known to have ended
  // is not simply run again. Such a statement that met a lock did nothing, and begins anew like a
  // transaction.
  bool records_starts = false;
  // How two numbers are compared. Qualified where names are looked up along a path that somebody
  // else may have set.
  std::string equals = "=";
  // Behind a DELETE of all rows.
  std::string where_any;
  // How often, and after what pause, a transaction that met a lock begins anew.
  int tries = 1;
  std::chrono::nanoseconds pause = std::chrono::seconds(1);
  // For so long, migrations are collected in one transaction, each under a savepoint: where a
  // commit is dear and a transaction does not change what the next migration sees. 0: each by
  // itself.
  std::chrono::nanoseconds batch{0};
  // What makes the commit behind it not wait for the disk, and a statement that then waits for all
  // commits before it. Nothing is torn without them: a server that crashes loses the last
  // migrations whole, each with its version. At the latest after `sync_interval`. Empty: each
  // commit waits.
  std::string commit_lazily;
  std::string sync;
  std::chrono::nanoseconds sync_interval = std::chrono::milliseconds(250);
  // True where PREPARE and EXECUTE are statements like others: what every migration asks and writes
  // is then parsed and planned once.
  bool prepares = false;
};

// What a SqlDatabase needs of an engine: a connection. Errors name the server's message.
class SqlSession {
 public:
  using Row = std::vector<std::string>;  // NULL is "".

  virtual ~SqlSession() = default;
  virtual absl::Status Close() = 0;
  // Any number of statements; the rows of the last one.
  virtual absl::StatusOr<std::vector<Row>> Query(const base::Context& context,
                                                 const std::string& sql) = 0;
  absl::Status Execute(const base::Context& context, const std::string& sql) {
    return Query(context, sql).status();
  }
  // One statement of a migration. Where it fails and the engine knows where, `at` becomes the
  // failure's offset in it, in bytes.
  virtual absl::Status RunStatement(const base::Context& context, std::string_view statement,
                                    std::optional<size_t>& at) = 0;
  // Ends a transaction that is open, if one is; whatever the context of the work said.
  virtual void Rollback() = 0;
  // False when the last Rollback() could not undo all of it: tables without transactions.
  virtual bool undid() const { return true; }
  // What a migration may have set for the session is as it was.
  virtual absl::Status Reset(const base::Context& context) = 0;
  // Brings the session to where the statements from `from` to `done` left another one, on which
  // they were run: settings, variables. errs::kDirty where that can't be known.
  virtual absl::Status Replay(const base::Context&, const Script&, size_t /*from*/,
                              size_t /*done*/) {
    return absl::OkStatus();
  }
  // Fingerprint of the object that `statement` changes; differs once the statement took effect.
  // Empty where the engine cannot compute one.
  virtual absl::StatusOr<std::string> Fingerprint(const base::Context&,
                                                  std::string_view /*statement*/) {
    return std::string();
  }
  // Which of the tables "version" and "history" are there.
  struct Tables {
    bool version = false;
    bool history = false;
  };
  virtual absl::StatusOr<Tables> FindTables(const base::Context& context) = 0;
  virtual absl::Status Lock(const base::Context& context, std::chrono::nanoseconds timeout) = 0;
  virtual absl::Status Unlock(const base::Context& context) = 0;
  virtual absl::Status Drop(const base::Context& context) = 0;
  virtual std::string user() const = 0;
  // 'text' as a literal.
  virtual std::string Quote(std::string_view text) const = 0;
};

// The contract on engines with SQL: a migration, its version and its line of history commit
// together, and where a statement runs in no transaction the version is dirty meanwhile and the
// history says how far it got.
class SqlDatabase : public Database {
 public:
  struct Options {
    std::string name;
    sql::Dialect dialect = sql::Dialect::kPostgres;
    bool wrap = true;      // ScriptOptions
    sql::Quoting quoting;  // The same.
    // The longest that a statement, or a file that is one transaction, may take; 0: no limit.
    std::chrono::nanoseconds statement_timeout{0};
    const base::Clock* clock = &base::Clock::System();
  };
  SqlDatabase(std::unique_ptr<SqlSession> session, SqlDialect dialect, Options options);
  ~SqlDatabase() override;

  absl::Status Close() override;
  absl::Status Lock(const base::Context& context, std::chrono::nanoseconds timeout) override;
  absl::Status Unlock(const base::Context& context) override;
  absl::Status Run(const base::Context& context, const Script& script) override;
  absl::Status SetVersion(const base::Context& context, const State& state) override;
  absl::StatusOr<State> Version(const base::Context& context) override;
  absl::Status Drop(const base::Context& context) override;
  absl::Status Apply(const base::Context& context, const Step& step) override;
  bool unflushed() const override { return batch_open_ || unsynced_; }
  absl::Status Flush(const base::Context& context) override;
  absl::Status Resume(const base::Context& context, const Step& step,
                      UnknownOutcome unknown_outcome) override;
  absl::Status Force(const base::Context& context, int64_t version) override;
  absl::StatusOr<std::vector<HistoryRecord>> History(const base::Context& context) override;
  ScriptOptions script_options() const override;
  std::string name() const override { return options_.name; }

 private:
  struct Progress {
    State expected;  // In the version table, while it runs.
    int64_t sequence = 0;
    std::chrono::steady_clock::time_point began;
  };
  absl::Status EnsureTables(const base::Context& context);
  absl::Status Begin(const base::Context& context, const std::string& begin, const State& expected);
  absl::Status TryAtomically(const base::Context& context, const Step& step,
                             const std::string& begin);
  absl::Status ApplyAtomically(const base::Context& context, const Step& step);
  absl::Status ApplyInBatch(const base::Context& context, const Step& step);
  absl::Status ApplyInGroups(const base::Context& context, const Step& step);
  // In sql_database_groups.cc, with Resume(). Both change `done`, the statements that are.
  absl::Status RunGroups(const base::Context& context, const Step& step, const Progress& progress,
                         size_t from);
  absl::Status RunGroup(const base::Context& context, const Step& step, const Progress& progress,
                        const Script::Group& group, size_t& done);
  absl::Status TryGroup(const base::Context& context, const Step& step, const Progress& progress,
                        const Script::Group& group, size_t& done);
  absl::Status RecordStart(const base::Context& context, const Step& step, const Progress& progress,
                           size_t index);
  // How many statements are done, after all, of a step in whose middle siphon was ended.
  absl::StatusOr<size_t> ResolveUnknownOutcome(const base::Context& context, const Step& step,
                                               const HistoryRecord& record,
                                               UnknownOutcome unknown_outcome);
  // What is left where a transaction could not be undone.
  absl::Status RecordRemains(const base::Context& context, const Step& step, int64_t sequence,
                             const absl::Status& failure);
  bool ChangesSession(const Script& script) const;
  // `limited` is `context` with the time-out of statements. Where the statement can be `undone`,
  // one that the time-out met does not count even where the server says that it is done: MySQL's
  // SLEEP() just ends.
  absl::Status RunOne(const base::Context& context, const base::Context& limited,
                      const Script& script, size_t index, bool undone);
  base::Context Limited(const base::Context& context) const;
  // What every migration asks and writes.
  enum class Routine { kLook, kMove, kRecord };
  static std::string_view RoutineName(Routine routine);
  // In SQL, with these values, which are SQL, too.
  std::string RoutineSql(Routine routine, const std::vector<std::string>& values) const;
  // The same, or the call of it where it is prepared.
  std::string CallSql(Routine routine, const std::vector<std::string>& values) const;
  void Prepare(const base::Context& context);
  // kLook, where the version table is a part of `from`.
  std::string LookSql(std::string_view from) const;
  std::string VersionSql(const State& state) const;
  // The same where the table is at `from`.
  std::string MoveSql(const State& from, const State& to) const;
  std::string RecordSql(const Step& step, std::string_view direction, std::string_view state,
                        std::chrono::nanoseconds took, size_t done, int64_t sequence) const;
  // The number of a new line in the history; 0 where none is kept.
  absl::StatusOr<int64_t> NextSequence(const base::Context& context);

  std::unique_ptr<SqlSession> session_;
  SqlDialect dialect_;
  Options options_;
  bool locked_ = false;
  bool has_table_ = false;
  bool has_history_ = false;
  std::optional<int64_t> last_sequence_;  // While it is locked: nobody else writes the history.
  bool prepared_ = false;
  bool batch_open_ = false;
  bool unsynced_ = false;
  std::chrono::steady_clock::time_point batch_began_;  // Or the first commit that did not wait.
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_SQL_DATABASE_H_
