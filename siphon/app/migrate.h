// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_MIGRATE_H_
#define SIPHON_APP_MIGRATE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/migrator.h"
#include "siphon/domain/migrate/source.h"

namespace siphon::app {

// The migrations and the database to which they are applied.
struct MigrateTarget {
  // For migrate::Source::Open(); empty: the profile's migrations, or else the current folder.
  std::string path;
  std::string database;  // The name of a profile, or a URL of siphon or golang-migrate.
  base::Reader* standard_input = nullptr;
  std::chrono::nanoseconds lock_timeout = std::chrono::seconds(15);
};

struct MigrateRun {
  migrate::Goal goal;
  bool resume = false;  // Only continue the migration that left the database dirty.
  migrate::UnknownOutcome unknown_outcome = migrate::UnknownOutcome::kDetect;  // For `resume`.
  bool verify = true;         // Fail if files differ from the history.
  bool out_of_order = false;  // Up: first apply the migrations that are out of order.
  bool backup = false;        // Back up the database before the first migration.
  bool destructive = false;   // Call Session::ConfirmDestructive() first.
  bool assume_yes = false;
};

// A migration that was applied.
struct Applied {
  migrate::Step step;
  std::chrono::nanoseconds took{0};
};
struct MigrateOutcome {
  std::string profile;
  std::vector<Applied> applied;
  migrate::State state;
  std::string backup;  // The id of the backup; empty if none was made.
};

// Migrates. Each migration is reported as an event, in golang-migrate's format: "1/u init (1.2ms)".
// `outcome` is filled in also on error, including errs::kNoChange.
absl::Status Migrate(const base::Context& context, Session& session, const MigrateTarget& target,
                     const MigrateRun& run, MigrateOutcome& outcome);

// The name of MigrateTarget::database for backup and restore: a URL without the parameters for
// migrations.
absl::StatusOr<std::string> TransferTarget(const std::string& database);

// The steps that Migrate() would take. Changes nothing and takes no lock.
absl::StatusOr<std::vector<migrate::Step>> PlanMigration(const base::Context& context,
                                                         Session& session,
                                                         const MigrateTarget& target,
                                                         const MigrateRun& run);

struct MigrateStatus {
  std::string profile;
  migrate::State state;
  std::vector<migrate::Review> reviews;
  std::vector<std::string> complaints;
  std::vector<std::string> passed_over;  // Ignored files, which are not migrations.
};
absl::StatusOr<MigrateStatus> ReviewMigrations(const base::Context& context, Session& session,
                                               const MigrateTarget& target);

absl::StatusOr<std::vector<migrate::HistoryRecord>> MigrationHistory(const base::Context& context,
                                                                     Session& session,
                                                                     const MigrateTarget& target);

// errs::kNilVersion if no migration is applied.
absl::StatusOr<migrate::State> MigrationVersion(const base::Context& context, Session& session,
                                                const MigrateTarget& target);

// If the target names migrations, and none has this version, asks on a terminal, unless
// `assume_yes`, and warns otherwise.
absl::Status ForceVersion(const base::Context& context, Session& session,
                          const MigrateTarget& target, int64_t version, bool assume_yes);

// Records that a database without a version has the effects of the migrations up to `version`.
absl::Status BaselineVersion(const base::Context& context, Session& session,
                             const MigrateTarget& target, int64_t version);

// Deletes everything in the database after the user has typed its name, or with `assume_yes`.
absl::Status DropDatabase(const base::Context& context, Session& session,
                          const MigrateTarget& target, bool assume_yes);

struct CreateMigration {
  std::string name;
  std::string folder = ".";
  std::string extension = "sql";
  bool sequential = false;  // 000001, 000002, ... with `digits` digits, instead of the time.
  int digits = 6;
  std::string format = "20060102150405";  // Or "unix", "unixNano".
  std::string time_zone = "UTC";
};
// Creates the two empty files of a new migration. Returns their absolute paths.
absl::StatusOr<std::vector<std::string>> CreateMigrationFiles(const Session& session,
                                                              const CreateMigration& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_MIGRATE_H_
