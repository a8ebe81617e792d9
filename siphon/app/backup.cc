// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/backup.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/increment.h"
#include "siphon/app/notify.h"
#include "siphon/app/snapshot_writer.h"
#include "siphon/base/clock.h"
#include "siphon/base/workers.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chain_writer.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/profile/url.h"
#include "siphon/domain/storage/leases.h"
#include "siphon/driver/databases.h"
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
                       bool asked_for_jobs, dumps::PendingDump& dump, base::Stage& stage) {
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Snapshot> snapshot,
                   driver::OpenSnapshot(context, connection, options));
  if (asked_for_jobs && !HasFrames(*snapshot, writing)) {
    context.Message("backup", "with these options the body is one stream, which one job reads");
  }
  return WriteSnapshot(context, *snapshot, dump, writing, stage);
}

// The scope of the dump that a backup with these options makes.
dumps::Scope ScopeOf(const BackupRequest& request) {
  const verbs::BackupOptions& options = request.options;
  dumps::Scope scope{.before_migration = request.before_migration};
  const auto add = [&](std::string_view option, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      scope.filters.push_back(absl::StrCat(option, "=", value));
    }
  };
  add(dumps::kTableFilter, options.tables);
  add(dumps::kExcludeTableFilter, options.exclude_tables);
  add("exclude-data", options.exclude_data);
  if (options.schema_only) scope.filters.push_back("schema-only");
  if (options.data_only) scope.filters.push_back("data-only");
  scope.kind = scope.filters.empty() ? dumps::Kind::kFull : dumps::Kind::kPartial;
  return scope;
}

// Takes the lease on backups of a profile.
absl::StatusOr<std::unique_ptr<storage::Lease>> TakeLease(const base::Context& context,
                                                          Session& session,
                                                          const std::string& profile, bool wait) {
  constexpr std::chrono::milliseconds kInterval{500};
  const std::string holder = absl::StrCat(
      "process ", getpid(), ", since ",
      base::FormatRfc3339Nano(absl::FromUnixSeconds(absl::ToUnixSeconds(session.clock().Now())),
                              absl::UTCTimeZone()));
  for (bool told = false;; told = true) {
    absl::StatusOr<std::unique_ptr<storage::Lease>> lease =
        session.leases().Acquire(context, profile, holder);
    if (!errs::Is(lease.status(), errs::kBusy)) return lease;
    const std::string other = absl::StrCat("another backup of ", profile, " runs (",
                                           errs::GetError(lease.status())->detail, ")");
    if (!wait) {
      return errs::SystemError("backup", errs::kBusy, other, "--wait waits for its end");
    }
    if (!told) context.Message("backup", absl::StrCat("waiting: ", other));
    RETURN_IF_ERROR(context.Sleep(kInterval));
  }
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
  const int jobs = ChooseJobs(session, request);
  verbs::BackupOptions parallel = options;
  parallel.jobs = jobs;
  if (driver->CheckBackupOptions(parallel).ok()) options.jobs = jobs;
  for (const std::string& tag : request.tags) RETURN_IF_ERROR(dumps::ValidateTag(tag));

  if (request.incremental) {
    RETURN_IF_ERROR(driver::RequireCapability(*driver, &driver::Capabilities::incremental));
  }

  if (request.output != nullptr && request.incremental) {
    return errs::UserError(
        "backup", errs::kInvalidArgument,
        "an increment is useless without its chain, and --output writes one file",
        "leave out --incremental or --output");
  }
  if (request.output != nullptr && (!request.tags.empty() || options.with_globals)) {
    return errs::UserError("backup", errs::kInvalidArgument,
                           "tags and globals are stored next to a dump of the catalogue, and "
                           "--output writes one file",
                           "leave out --tag and --with-globals");
  }
  dumps::Catalog& catalog = request.output == nullptr ? session.catalog() : *request.output;
  std::unique_ptr<storage::Lease> lease;
  if (request.output == nullptr) {
    ASSIGN_OR_RETURN(lease, TakeLease(context, session, profile.name, request.wait));
  }
  std::optional<dumps::ChainLink> link;
  if (request.incremental) {
    ASSIGN_OR_RETURN(link, PlanIncrement(context, session, *driver, profile, request.base));
  }
  ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved,
                   session.Resolve(profile, request.tools));
  ASSIGN_OR_RETURN(auto connection,
                   driver->Connect(context, resolved, driver::Driver::Access::kRead));
  const dumps::Catalog::CreateOptions create = {.profile = profile.name,
                                                .driver = std::string(driver->name()),
                                                .compression = options.compression,
                                                .scope = ScopeOf(request)};
  ASSIGN_OR_RETURN(auto dump, link.has_value()
                                  ? dumps::CreateInChain(context, catalog, session.clock(), create,
                                                         {.link = link})
                                  : catalog.Create(context, create));
  if (request.output == nullptr) context.SetDump(dump->id());
  if (link.has_value()) {
    RETURN_IF_ERROR(WriteIncrement(context, *connection, options, catalog, *link, *dump, stage));
  } else {
    RETURN_IF_ERROR(WriteBody(context, *connection, options,
                              {.jobs = jobs, .compression = options.compression},
                              request.jobs.value_or(1) > 1, *dump, stage));
  }
  RETURN_IF_ERROR(connection->Close());
  RETURN_IF_ERROR(context.Check());
  BackupResult result;
  ASSIGN_OR_RETURN(result.sidecar, dump->Commit());
  if (link.has_value()) RETURN_IF_ERROR(CheckParents(context, catalog, result.sidecar.id));
  result.body_bytes = dump->body_bytes();
  result.location = catalog.store().Description();
  if (request.output == nullptr) {
    absl::StrAppend(&result.location, "/", result.sidecar.id, ".dump");
  }
  if (!request.tags.empty()) {
    const absl::Status tagged = session.catalog().WriteNotes(
        context, result.sidecar.id, {.tags = request.tags, .verifications = {}});
    if (!tagged.ok()) {
      context.Warn("backup",
                   absl::StrCat("the dump is complete, but has no tags: ", tagged.message()));
    }
  }
  result.elapsed = session.clock().Now() - started;
  return result;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DatabasesOf(const base::Context& context,
                                                     const Session& session,
                                                     const BackupRequest& request) {
  const std::string& profile = request.source;
  if (profile::LooksLikeUrl(profile)) {
    return errs::UserError("backup", errs::kInvalidArgument,
                           "--all-databases needs a profile, and a URL is given",
                           "add a profile with 'siphon profile add NAME --url URL'");
  }
  ASSIGN_OR_RETURN(const profile::Profile server, session.FindProfile(profile));
  RETURN_IF_ERROR(driver::RequireDatabases(server.driver));
  ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(server.driver));
  verbs::BackupOptions options = request.options;
  options.jobs = request.jobs.value_or(1);
  RETURN_IF_ERROR(errs::WithOp(driver->CheckBackupOptions(options), "backup"));
  ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved, session.Resolve(server));
  ASSIGN_OR_RETURN(std::vector<std::string> names, driver::ListDatabases(context, resolved));
  if (names.empty()) {
    return errs::UserError("backup", errs::kNotFound,
                           absl::StrCat("there are no databases on the server of ", profile));
  }
  for (std::string& name : names) name = absl::StrCat(Session::ServerOf(profile), "/", name);
  return names;
}

absl::StatusOr<BackupResult> Backup(const base::Context& command, Session& session,
                                    const BackupRequest& request) {
  // Nothing starts for a profile that does not exist.
  const absl::StatusOr<profile::Profile> profile = session.FindProfile(request.source);
  if (!profile.ok()) {
    NotifyOfUnusableProfile(command, session, "backup", request.source, profile.status());
    return profile.status();
  }
  const base::Context context = command.WithJob(absl::StrCat("backup ", profile->name));
  JobNotice notice(context, session, "backup", {profile->name});
  base::Stage stage(context, "backup");
  absl::StatusOr<BackupResult> result = RunBackup(context, session, request, stage);
  const absl::Status status = stage.Finish(result.status());
  notice.Finish(status, result.ok() ? NotifiedDump{result->sidecar.id, result->sidecar.size_bytes}
                                    : NotifiedDump{});
  RETURN_IF_ERROR(status);
  return result;
}

}  // namespace siphon::app
