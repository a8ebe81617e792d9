// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_MIGRATOR_H_
#define SIPHON_DOMAIN_MIGRATE_MIGRATOR_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/plan.h"
#include "siphon/domain/migrate/review.h"
#include "siphon/domain/migrate/source.h"

namespace siphon::migrate {

struct MigratorOptions {
  std::chrono::nanoseconds lock_timeout = std::chrono::seconds(15);
  // True: Plan() and Run() fail if there are Complaints(). Otherwise they warn.
  bool verify = true;
  // Up: first apply the migrations that are out of order.
  bool out_of_order = false;
  // For Resume().
  UnknownOutcome unknown_outcome = UnknownOutcome::kDetect;
  // The memory for files between reading and running, in bytes. Files beyond it are read a second
  // time, and must not have changed.
  size_t memory = size_t{256} << 20;
  // Called before a step begins, and after it was committed.
  std::function<void(const Step&)> on_start;
  std::function<void(const Step&, std::chrono::nanoseconds)> on_done;
  // Called with the lock held, before the first step runs; not called if there are no steps.
  std::function<absl::Status(const std::vector<Step>&)> before;
};

// Migrates a database to a version. Reads, hashes and splits all files before the first one runs.
class Migrator {
 public:
  // `source` and `database` must outlive the migrator.
  Migrator(const Source* source, Database* database, MigratorOptions options)
      : source_(source), database_(database), options_(std::move(options)) {}

  // The steps that Run() would take, with their scripts; the same errors. Takes no lock.
  absl::StatusOr<std::vector<Step>> Plan(const base::Context& context, const Goal& goal);
  // Takes the lock and migrates to the goal. `applied` receives the applied steps, also on error:
  // errs::kDirty, errs::kNoChange, errs::kNotFound, errs::kLocked; errs::kShortLimit after fewer
  // steps than the limit; errs::kIntegrity for complaints, also where there is nothing to do. When
  // the context stops, the current migration is undone, or finished if it cannot be undone.
  absl::Status Run(const base::Context& context, const Goal& goal, std::vector<Step>& applied);
  // Continues the migration that left the database dirty.
  absl::Status Resume(const base::Context& context, std::vector<Step>& applied);
  // Sets the version without running anything, also if the database is dirty.
  // errs::kInvalidArgument for a version below kNilVersion.
  absl::Status Force(const base::Context& context, int64_t version);
  // Force() for a database that has no version yet, to a version of the source. errs::kNotFound,
  // errs::kDirty, errs::kAlreadyExists.
  absl::Status Baseline(const base::Context& context, int64_t version);
  // errs::kNilVersion if no migration is applied.
  absl::StatusOr<State> Version(const base::Context& context);
  absl::Status Drop(const base::Context& context);
  absl::StatusOr<std::vector<Review>> Status(const base::Context& context, State& state);

 private:
  // Applied steps that are not committed yet, with their durations.
  using Waiting = std::vector<std::pair<Step, std::chrono::nanoseconds>>;
  absl::Status ApplySteps(const base::Context& context, std::vector<Step>& steps,
                          std::vector<Step>& applied);
  // Commits the pending batch and reports its steps; after a failure, reports only the steps that
  // survived.
  absl::Status Settle(const base::Context& context, Waiting& waiting, std::vector<Step>& applied,
                      bool failed = false);
  absl::Status Locked(const base::Context& context, const std::function<absl::Status()>& body);
  absl::Status RunLocked(const base::Context& context, const Goal& goal,
                         std::vector<Step>& applied);
  absl::StatusOr<State> CleanState(const base::Context& context);
  absl::Status Load(std::vector<Step>& steps);
  absl::StatusOr<Route> LoadRoute(const base::Context& context, const State& state,
                                  const Goal& goal);
  absl::StatusOr<std::shared_ptr<const Script>> LoadScript(const Step& step);
  // Compares files and history. Returns the migrations to apply out of order.
  absl::StatusOr<std::vector<Step>> CheckHistory(const base::Context& context, const State& state);

  const Source* source_;
  Database* database_;
  MigratorOptions options_;
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_MIGRATOR_H_
