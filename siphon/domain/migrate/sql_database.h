// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_SQL_DATABASE_H_
#define SIPHON_DOMAIN_MIGRATE_SQL_DATABASE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/grouped_steps.h"
#include "siphon/domain/migrate/migration_tables.h"
#include "siphon/domain/migrate/script.h"
#include "siphon/domain/migrate/sql_session.h"
#include "siphon/domain/migrate/statement_runner.h"
#include "siphon/domain/sql/dialect.h"

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
  // The ways to apply a step in a transaction: one of its own, or one with other steps.
  absl::Status ApplyAtomically(const base::Context& context, const Step& step);
  absl::Status ApplyInBatch(const base::Context& context, const Step& step);
  absl::Status TryAtomically(const base::Context& context, const Step& step,
                             const std::string& begin);

  const std::unique_ptr<SqlSession> session_;
  const SqlDialect dialect_;
  const Options options_;
  MigrationTables tables_;
  StatementRunner runner_;
  GroupedSteps grouped_;
  bool locked_ = false;
  bool batch_open_ = false;
  bool unsynced_ = false;
  // The beginning of the batch, or the first commit that did not wait for the disk.
  std::chrono::steady_clock::time_point batch_began_;
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_SQL_DATABASE_H_
