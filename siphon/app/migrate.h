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

// Where the migrations are, and what they are applied to.
struct MigrateTarget {
  std::string path;      // migrate::Source::Open(); empty: the working folder.
  std::string database;  // A profile's name or a database URL, golang-migrate's too.
  base::Reader* standard_input = nullptr;
  std::chrono::nanoseconds lock_timeout = std::chrono::seconds(15);
};

struct MigrateRun {
  migrate::Goal goal;
  bool resume = false;  // Go on with what left the database dirty, and nothing else.
  migrate::UnknownOutcome unknown_outcome = migrate::UnknownOutcome::kDetect;  // For `resume`.
  bool verify = true;        // Refuse files that the history contradicts.
  bool backup = false;       // Into the catalogue, before anything is run.
  bool destructive = false;  // To be let pass by the profile's group.
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
  std::string backup;  // The dump's id; empty: none was taken.
};

// Migrates and tells each migration as an event, as golang-migrate does: "1/u init (1.2ms)".
// `outcome` says what was done also where an error ends it; errs::kNoChange is one.
absl::Status Migrate(const base::Context& context, Session& session, const MigrateTarget& target,
                     const MigrateRun& run, MigrateOutcome& outcome);

// What backup and restore call the database that is migrated under this name: a URL without what is
// for migrations only.
absl::StatusOr<std::string> TransferTarget(const std::string& database);

// What Migrate() would do; nothing is changed and no lock is taken.
absl::StatusOr<std::vector<migrate::Step>> PlanMigration(const base::Context& context,
                                                         Session& session,
                                                         const MigrateTarget& target,
                                                         const migrate::Goal& goal);

struct MigrateStatus {
  std::string profile;
  migrate::State state;
  std::vector<migrate::Review> reviews;
  std::vector<std::string> complaints;
  std::vector<std::string> passed_over;  // Files that are no migrations.
};
absl::StatusOr<MigrateStatus> ReviewMigrations(const base::Context& context, Session& session,
                                               const MigrateTarget& target);

absl::StatusOr<std::vector<migrate::HistoryRecord>> MigrationHistory(const base::Context& context,
                                                                     Session& session,
                                                                     const MigrateTarget& target);

// errs::kNilVersion where nothing is applied.
absl::StatusOr<migrate::State> MigrationVersion(const base::Context& context, Session& session,
                                                const MigrateTarget& target);

absl::Status ForceVersion(const base::Context& context, Session& session,
                          const MigrateTarget& target, int64_t version);

// Deletes everything in the database, when its name was typed or `assume_yes`.
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
// Makes the two empty files of a new migration; their absolute paths.
absl::StatusOr<std::vector<std::string>> CreateMigrationFiles(const Session& session,
                                                              const CreateMigration& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_MIGRATE_H_
