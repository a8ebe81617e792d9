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
  // Whether Run() refuses when Complaints() has something to say.
  bool verify = true;
  // For Resume().
  UnknownOutcome unknown_outcome = UnknownOutcome::kDetect;
  // Files are kept in memory between being read and being run up to so many bytes; those beyond are
  // read again, and must not have changed.
  size_t memory = size_t{256} << 20;
  // Called before a step begins, and when it stands in the database.
  std::function<void(const Step&)> on_start;
  std::function<void(const Step&, std::chrono::nanoseconds)> on_done;
  // Called under the lock, when it is known that something will be run, before anything is.
  std::function<absl::Status(const std::vector<Step>&)> before;
};

// Takes a database from version to version. Everything that it will run is read, hashed and split
// before anything of it runs.
class Migrator {
 public:
  // Both must outlive the migrator.
  Migrator(const Source* source, Database* database, MigratorOptions options)
      : source_(source), database_(database), options_(std::move(options)) {}

  // What Run() would do, with the scripts. Takes no lock.
  absl::StatusOr<std::vector<Step>> Plan(const base::Context& context, const Goal& goal);
  // Takes the lock, goes to the goal and adds what was applied to `applied`, also where an error
  // ends it: errs::kDirty, errs::kNoChange, errs::kNotFound, errs::kLocked, errs::kShortLimit after
  // a limit that is too large; errs::kIntegrity for complaints. A stop of the context lets the
  // database be as it was, or finishes the migration that can't be undone.
  absl::Status Run(const base::Context& context, const Goal& goal, std::vector<Step>& applied);
  // Goes on with the migration that left the database dirty.
  absl::Status Resume(const base::Context& context, std::vector<Step>& applied);
  // Whatever the database's state; errs::kInvalidArgument for a version below kNilVersion.
  absl::Status Force(const base::Context& context, int64_t version);
  // errs::kNilVersion where nothing is applied.
  absl::StatusOr<State> Version(const base::Context& context);
  absl::Status Drop(const base::Context& context);
  absl::StatusOr<std::vector<Review>> Status(const base::Context& context, State& state);

 private:
  // A step that was applied, and for how long.
  using Waiting = std::vector<std::pair<Step, std::chrono::nanoseconds>>;
  absl::Status ApplySteps(const base::Context& context, std::vector<Step>& steps,
                          std::vector<Step>& applied);
  // Commits what waits and tells of it; where a step behind it has `failed`, of what is left of it.
  absl::Status Settle(const base::Context& context, Waiting& waiting, std::vector<Step>& applied,
                      bool failed = false);
  absl::Status Locked(const base::Context& context, const std::function<absl::Status()>& body);
  absl::Status RunLocked(const base::Context& context, const Goal& goal,
                         std::vector<Step>& applied);
  absl::StatusOr<State> CleanState(const base::Context& context);
  absl::Status Load(std::vector<Step>& steps);
  absl::StatusOr<std::shared_ptr<const Script>> LoadScript(const Step& step);
  absl::Status CheckHistory(const base::Context& context, const State& state);

  const Source* source_;
  Database* database_;
  MigratorOptions options_;
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_MIGRATOR_H_
