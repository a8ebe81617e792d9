// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/migrate.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/backup.h"
#include "siphon/app/notify.h"
#include "siphon/base/after_stop.h"
#include "siphon/base/units.h"
#include "siphon/domain/profile/url.h"
#include "siphon/driver/migrations.h"

namespace siphon::app {
namespace {

constexpr std::string_view kStage = "migrate";

absl::StatusOr<profile::Profile> FindProfile(const Session& session, const std::string& database) {
  if (database.empty()) {
    return errs::UserError(
        kStage, errs::kInvalidArgument, "no database is given",
        "give a database URL or a profile's name with --database, or set DATABASE_URL");
  }
  if (profile::LooksLikeUrl(database)) return driver::ParseMigrationUrl(database);
  return session.FindProfile(database);
}

absl::StatusOr<std::unique_ptr<migrate::Database>> OpenDatabase(const base::Context& context,
                                                                const Session& session,
                                                                const profile::Profile& profile,
                                                                driver::MigrationAccess access) {
  ASSIGN_OR_RETURN(driver::MigrationDriver * driver, driver::GetMigrations(profile.driver));
  ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved, session.Resolve(profile));
  return driver->Open(context, resolved, access);
}

// The place of the migrations.
std::string PlaceOf(const MigrateTarget& target, const profile::Profile& profile) {
  return target.path.empty() ? profile.migrations : target.path;
}

absl::StatusOr<std::unique_ptr<migrate::Source>> OpenSource(const base::Context& context,
                                                            const MigrateTarget& target,
                                                            const profile::Profile& profile) {
  ASSIGN_OR_RETURN(auto source,
                   migrate::Source::Open(PlaceOf(target, profile), target.standard_input));
  if (!source->passed_over().empty()) {
    context.Message(kStage, absl::StrCat("ignored, not migrations: ",
                                         absl::StrJoin(source->passed_over(), ", ")));
  }
  return source;
}

// The name of a step in golang-migrate: "1/u init".
std::string StepName(const migrate::Step& step) {
  return absl::StrCat(step.version, step.direction == migrate::Direction::kUp ? "/u " : "/d ",
                      step.title);
}

absl::Status RunMigrate(const base::Context& context, Session& session, const MigrateTarget& target,
                        const MigrateRun& run, const profile::Profile& profile,
                        MigrateOutcome& outcome) {
  if (run.destructive) RETURN_IF_ERROR(session.ConfirmDestructive(profile, kStage, run.assume_yes));
  ASSIGN_OR_RETURN(const auto source, OpenSource(context, target, profile));
  ASSIGN_OR_RETURN(const auto database,
                   OpenDatabase(context, session, profile, driver::MigrationAccess::kCreate));
  migrate::MigratorOptions options;
  options.lock_timeout = target.lock_timeout;
  options.verify = run.verify;
  options.out_of_order = run.out_of_order;
  options.unknown_outcome = run.unknown_outcome;
  options.on_done = [&](const migrate::Step& step, std::chrono::nanoseconds took) {
    outcome.applied.push_back({step, took});
    context.Message(kStage, absl::StrCat(StepName(step), " (",
                                         absl::FormatDuration(absl::Microseconds(
                                             absl::ToInt64Microseconds(absl::FromChrono(took)))),
                                         ")"));
  };
  if (run.backup) {
    options.before = [&](const std::vector<migrate::Step>& steps) -> absl::Status {
      BackupRequest request;
      request.wait = true;
      if (!steps.empty()) request.before_migration = absl::StrCat(steps.front().version);
      ASSIGN_OR_RETURN(request.source, TransferTarget(target.database));
      ASSIGN_OR_RETURN(const BackupResult result, Backup(context, session, request));
      outcome.backup = result.sidecar.id;
      // A URL is left out: it may have a password, and characters that a shell would interpret.
      const std::string database = profile::LooksLikeUrl(target.database)
                                       ? ""
                                       : absl::StrCat(" --database ", target.database);
      context.Message(kStage, absl::StrCat("to restore the state before, run: siphon migrate undo ",
                                           result.sidecar.id, database));
      return absl::OkStatus();
    };
  }
  migrate::Migrator migrator(source.get(), database.get(), options);
  std::vector<migrate::Step> applied;
  const absl::Status status =
      run.resume ? migrator.Resume(context, applied) : migrator.Run(context, run.goal, applied);
  // Read the version also after a stop.
  const absl::StatusOr<migrate::State> state =
      database->Version(base::AfterStop(context).context());
  if (state.ok()) outcome.state = *state;
  RETURN_IF_ERROR(status);
  RETURN_IF_ERROR(state.status());
  return database->Close();
}

}  // namespace

absl::StatusOr<std::string> TransferTarget(const std::string& database) {
  if (!profile::LooksLikeUrl(database)) return database;
  return driver::WithoutMigrations(database);
}

absl::Status Migrate(const base::Context& command, Session& session, const MigrateTarget& target,
                     const MigrateRun& run, MigrateOutcome& outcome) {
  ASSIGN_OR_RETURN(const profile::Profile profile, FindProfile(session, target.database));
  const base::Context context = command.WithJob(absl::StrCat("migrate ", profile.name));
  outcome.profile = profile.name;
  JobNotice notice(context, session, "migrate", {profile.name});
  const absl::Status status = RunMigrate(context, session, target, run, profile, outcome);
  notice.Finish(status, {.id = outcome.backup});
  return status;
}

absl::StatusOr<std::vector<migrate::Step>> PlanMigration(const base::Context& context,
                                                         Session& session,
                                                         const MigrateTarget& target,
                                                         const MigrateRun& run) {
  ASSIGN_OR_RETURN(const profile::Profile profile, FindProfile(session, target.database));
  ASSIGN_OR_RETURN(const auto source, OpenSource(context, target, profile));
  ASSIGN_OR_RETURN(const auto database,
                   OpenDatabase(context, session, profile, driver::MigrationAccess::kRead));
  migrate::MigratorOptions options;
  options.verify = run.verify;
  options.out_of_order = run.out_of_order;
  return migrate::Migrator(source.get(), database.get(), options).Plan(context, run.goal);
}

absl::StatusOr<MigrateStatus> ReviewMigrations(const base::Context& context, Session& session,
                                               const MigrateTarget& target) {
  MigrateStatus status;
  ASSIGN_OR_RETURN(const profile::Profile profile, FindProfile(session, target.database));
  status.profile = profile.name;
  ASSIGN_OR_RETURN(const auto source,
                   migrate::Source::Open(PlaceOf(target, profile), target.standard_input));
  ASSIGN_OR_RETURN(const auto database,
                   OpenDatabase(context, session, profile, driver::MigrationAccess::kRead));
  migrate::Migrator migrator(source.get(), database.get(), {});
  ASSIGN_OR_RETURN(status.reviews, migrator.Status(context, status.state));
  status.complaints = migrate::Complaints(status.reviews);
  status.passed_over = source->passed_over();
  return status;
}

absl::StatusOr<std::vector<migrate::HistoryRecord>> MigrationHistory(const base::Context& context,
                                                                     Session& session,
                                                                     const MigrateTarget& target) {
  ASSIGN_OR_RETURN(const profile::Profile profile, FindProfile(session, target.database));
  ASSIGN_OR_RETURN(const auto database,
                   OpenDatabase(context, session, profile, driver::MigrationAccess::kRead));
  return database->History(context);
}

absl::StatusOr<migrate::State> MigrationVersion(const base::Context& context, Session& session,
                                                const MigrateTarget& target) {
  ASSIGN_OR_RETURN(const profile::Profile profile, FindProfile(session, target.database));
  ASSIGN_OR_RETURN(const auto database,
                   OpenDatabase(context, session, profile, driver::MigrationAccess::kRead));
  return migrate::Migrator(nullptr, database.get(), {}).Version(context);
}

absl::Status ForceVersion(const base::Context& context, Session& session,
                          const MigrateTarget& target, int64_t version, bool assume_yes) {
  ASSIGN_OR_RETURN(const profile::Profile profile, FindProfile(session, target.database));
  if (!PlaceOf(target, profile).empty() && version > migrate::kNilVersion) {
    ASSIGN_OR_RETURN(const auto source, OpenSource(context, target, profile));
    if (source->Find(version) == nullptr) {
      const std::string what =
          absl::StrCat("there is no migration with version ", version, " in ", source->place());
      if (!assume_yes && session.can_ask()) {
        RETURN_IF_ERROR(
            session.Ask("migrate force", absl::StrCat(what, ". Record it all the same?")));
      } else {
        context.Warn(kStage, what);
      }
    }
  }
  ASSIGN_OR_RETURN(const auto database,
                   OpenDatabase(context, session, profile, driver::MigrationAccess::kCreate));
  migrate::MigratorOptions options;
  options.lock_timeout = target.lock_timeout;
  RETURN_IF_ERROR(migrate::Migrator(nullptr, database.get(), options).Force(context, version));
  return database->Close();
}

absl::Status BaselineVersion(const base::Context& context, Session& session,
                             const MigrateTarget& target, int64_t version) {
  ASSIGN_OR_RETURN(const profile::Profile profile, FindProfile(session, target.database));
  ASSIGN_OR_RETURN(const auto source, OpenSource(context, target, profile));
  ASSIGN_OR_RETURN(const auto database,
                   OpenDatabase(context, session, profile, driver::MigrationAccess::kWrite));
  migrate::MigratorOptions options;
  options.lock_timeout = target.lock_timeout;
  RETURN_IF_ERROR(
      migrate::Migrator(source.get(), database.get(), options).Baseline(context, version));
  return database->Close();
}

absl::Status DropDatabase(const base::Context& context, Session& session,
                          const MigrateTarget& target, bool assume_yes) {
  ASSIGN_OR_RETURN(const profile::Profile profile, FindProfile(session, target.database));
  RETURN_IF_ERROR(session.ConfirmDestructive(profile, "migrate drop", assume_yes));
  ASSIGN_OR_RETURN(const auto database,
                   OpenDatabase(context, session, profile, driver::MigrationAccess::kWrite));
  RETURN_IF_ERROR(session.Confirm(
      "migrate drop",
      absl::StrCat("This deletes everything in ", profile.name,
                   ". Type the database's name to confirm (", database->name(), "): "),
      database->name(), assume_yes));
  migrate::MigratorOptions options;
  options.lock_timeout = target.lock_timeout;
  RETURN_IF_ERROR(migrate::Migrator(nullptr, database.get(), options).Drop(context));
  return database->Close();
}

}  // namespace siphon::app
