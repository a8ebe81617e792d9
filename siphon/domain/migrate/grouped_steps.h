// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_GROUPED_STEPS_H_
#define SIPHON_DOMAIN_MIGRATE_GROUPED_STEPS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/migration_tables.h"
#include "siphon/domain/migrate/script.h"
#include "siphon/domain/migrate/sql_session.h"
#include "siphon/domain/migrate/statement_runner.h"
#include "siphon/domain/sql/dialect.h"

namespace siphon::migrate {

// Runs migrations that cannot run in one transaction, one group of statements (Script::Group) after
// the other. The version is dirty while they run, and the history records their progress, so that
// an interrupted migration can be continued.
class GroupedSteps {
 public:
  // All but `language`, the one of the statements, must outlive this object.
  GroupedSteps(SqlSession* session, const SqlDialect* dialect, sql::Dialect language,
               MigrationTables* tables, StatementRunner* runner)
      : session_(session),
        dialect_(dialect),
        language_(language),
        tables_(tables),
        runner_(runner) {}

  // Applies `step`, which has a script. No transaction may be open, and the tables must exist. A
  // stop of `context` is obeyed before the first statement only: later it would leave the database
  // dirty.
  absl::Status Apply(const base::Context& context, const Step& step);
  // Continues `step`, whose interrupted run is `record`. errs::kIntegrity if the text of completed
  // statements was changed; errs::kDirty if the outcome of a statement is not known and
  // `unknown_outcome` does not say how to treat it.
  absl::Status Resume(const base::Context& context, const Step& step, const HistoryRecord& record,
                      UnknownOutcome unknown_outcome);
  // Records `step`, whose only transaction could not be undone, as begun, so that Resume() can
  // continue it; returns `failure` with a hint.
  absl::Status RecordRemains(const base::Context& context, const Step& step, int64_t sequence,
                             const absl::Status& failure);

 private:
  struct Progress {
    State expected;  // In the version table while the step runs.
    int64_t sequence = 0;
    std::chrono::steady_clock::time_point began;
  };
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

  SqlSession* const session_;
  const SqlDialect* const dialect_;
  const sql::Dialect language_;
  MigrationTables* const tables_;
  StatementRunner* const runner_;
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_GROUPED_STEPS_H_
