// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/backup.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/snapshot_writer.h"
#include "siphon/base/workers.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"
#include "siphon/driver/snapshot.h"

namespace siphon::app {
namespace {

constexpr int kMaxJobs = 64;

// The number of workers: that of the command line or the configuration, else the default.
int ChooseJobs(const Session& session, const BackupRequest& request) {
  const int configured = session.config().config.jobs.value_or(0);
  const int jobs = request.jobs.value_or(configured > 0 ? configured : base::DefaultWorkers());
  return std::clamp(jobs, 1, kMaxJobs);
}

// Writes the database of a connection as the body of a dump.
absl::Status WriteBody(const base::Context& context, driver::Connection& connection,
                       const verbs::BackupOptions& options, const SnapshotWriterOptions& writing,
                       dumps::PendingDump& dump, base::Stage& stage) {
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Snapshot> snapshot,
                   driver::OpenSnapshot(context, connection, options));
  if (options.jobs > 1 && !HasFrames(*snapshot, writing)) {
    context.Message("backup", "with these options the body is one stream, which one job reads");
  }
  return WriteSnapshot(context, *snapshot, dump, writing, stage);
}

absl::StatusOr<BackupResult> RunBackup(const base::Context& context, Session& session,
                                       const BackupRequest& request, base::Stage& stage) {
  const absl::Time started = session.clock().Now();
  ASSIGN_OR_RETURN(const profile::Profile profile, session.FindProfile(request.source));
  ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(profile.driver));
  verbs::BackupOptions options = request.options;
  options.compression =
      request.compression.value_or(session.config().config.compression.value_or(1));
  // An engine without parallel backups refuses jobs that the user asks for, and no others.
  options.jobs = request.jobs.value_or(1);
  RETURN_IF_ERROR(driver::RequireFeature(*driver, request.tools.has_value(),
                                         &driver::Features::tools, "--tools"));
  RETURN_IF_ERROR(driver->CheckBackupOptions(options));

  ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved,
                   session.Resolve(profile, request.tools));
  ASSIGN_OR_RETURN(auto connection,
                   driver->Connect(context, resolved, driver::Driver::Access::kRead));
  ASSIGN_OR_RETURN(auto dump,
                   session.catalog().Create(context, {.profile = profile.name,
                                                      .driver = std::string(driver->name()),
                                                      .compression = options.compression}));
  RETURN_IF_ERROR(WriteBody(
      context, *connection, options,
      {.jobs = ChooseJobs(session, request), .compression = options.compression}, *dump, stage));
  RETURN_IF_ERROR(connection->Close());
  RETURN_IF_ERROR(context.Check());
  BackupResult result;
  ASSIGN_OR_RETURN(result.sidecar, dump->Commit());
  result.body_bytes = dump->body_bytes();
  result.location =
      absl::StrCat(session.catalog().store().Description(), "/", result.sidecar.id, ".dump");
  result.elapsed = session.clock().Now() - started;
  return result;
}

}  // namespace

absl::StatusOr<BackupResult> Backup(const base::Context& context, Session& session,
                                    const BackupRequest& request) {
  base::Stage stage(context, "backup");
  absl::StatusOr<BackupResult> result = RunBackup(context, session, request, stage);
  RETURN_IF_ERROR(stage.Finish(result.status()));
  return result;
}

}  // namespace siphon::app
