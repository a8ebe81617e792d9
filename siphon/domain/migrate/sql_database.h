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
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/migration_tables.h"
#include "siphon/domain/migrate/script.h"
#include "siphon/domain/migrate/sql_session.h"

namespace siphon::migrate {

// migrate::Database for engines with SQL. A migration, its version and its line of the history
// commit together. Where a statement cannot run in a transaction, the version is dirty meanwhile
// and the history records which statements are done.
class SqlDatabase : public Database {
 public:
  struct Options {
    std::string name;
    sql::Dialect dialect = sql::Dialect::kPostgres;
    bool wrap = true;      // ScriptOptions::wrap
    sql::Quoting quoting;  // ScriptOptions::quoting
    // The limit for a statement, or for a file that is one transaction; 0: no limit.
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
  // A step that runs in several transactions.
  struct Progress {
    State expected;  // In the version table while the step runs.
    int64_t sequence = 0;
    std::chrono::steady_clock::time_point began;
  };
  // The three ways to apply a step: in a transaction of its own, with others in one transaction, in
  // several transactions (sql_database_groups.cc).
  absl::Status ApplyAtomically(const base::Context& context, const Step& step);
  absl::Status ApplyInBatch(const base::Context& context, const Step& step);
  absl::Status ApplyInGroups(const base::Context& context, const Step& step);

  absl::Status TryAtomically(const base::Context& context, const Step& step,
                             const std::string& begin);
  // `done` is the number of completed statements.
  absl::Status RunGroups(const base::Context& context, const Step& step, const Progress& progress,
                         size_t from);
  absl::Status RunGroup(const base::Context& context, const Step& step, const Progress& progress,
                        const Script::Group& group, size_t& done);
  absl::Status TryGroup(const base::Context& context, const Step& step, const Progress& progress,
                        const Script::Group& group, size_t& done);
  absl::Status RecordStart(const base::Context& context, const Step& step, const Progress& progress,
                           size_t index);
  // The number of completed statements of an interrupted step.
  absl::StatusOr<size_t> ResolveUnknownOutcome(const base::Context& context, const Step& step,
                                               const HistoryRecord& record,
                                               UnknownOutcome unknown_outcome);
  // Records a step whose transaction could not be undone; returns `failure` with a hint.
  absl::Status RecordRemains(const base::Context& context, const Step& step, int64_t sequence,
                             const absl::Status& failure);
  // Repeats `attempt` while it ends with errs::kBusy and `may_retry`, up to `tries` times.
  absl::Status Retry(const base::Context& context, const Step& step, int tries,
                     absl::FunctionRef<absl::Status()> attempt,
                     absl::FunctionRef<bool()> may_retry) const;
  bool ChangesSession(const Script& script) const;
  // Runs statement `index`. `limited` is `context` with the time limit of statements. Where the
  // statement can be undone (`undoable`), it fails when the limit has passed even if the server
  // reports success: MySQL's SLEEP() returns early without an error.
  absl::Status RunOne(const base::Context& context, const base::Context& limited,
                      const Script& script, size_t index, bool undoable);
  base::Context Limited(const base::Context& context) const;

  const std::unique_ptr<SqlSession> session_;
  const SqlDialect dialect_;
  const Options options_;
  MigrationTables tables_;
  bool locked_ = false;
  bool batch_open_ = false;
  bool unsynced_ = false;
  // The beginning of the batch, or the first commit that did not wait for the disk.
  std::chrono::steady_clock::time_point batch_began_;
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_SQL_DATABASE_H_
