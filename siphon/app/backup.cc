// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/backup.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/progress.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"

namespace siphon::app {
namespace {

// Passes the driver's bytes to the dump and counts them for the progress line.
class DumpTarget : public driver::BackupTarget {
 public:
  DumpTarget(dumps::PendingDump* dump, base::Stage* stage) : dump_(dump), stage_(stage) {}

  absl::StatusOr<base::Writer*> Begin(const dumps::Contents& contents) override {
    ASSIGN_OR_RETURN(base::Writer * body, dump_->Begin(contents));
    if (contents.estimated_bytes > 0) stage_->SetTotal(contents.estimated_bytes);
    writer_ = std::make_unique<ProgressWriter>(body, stage_);
    return writer_.get();
  }
  void SetTables(std::vector<dumps::TableInfo> tables) override {
    dump_->SetTables(std::move(tables));
  }

 private:
  dumps::PendingDump* dump_;
  base::Stage* stage_;
  std::unique_ptr<ProgressWriter> writer_;
};

absl::StatusOr<BackupResult> RunBackup(const base::Context& context, Session& session,
                                       const BackupRequest& request, base::Stage& stage) {
  const absl::Time started = session.clock().Now();
  ASSIGN_OR_RETURN(const profile::Profile profile, session.FindProfile(request.source));
  ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(profile.driver));
  verbs::BackupOptions options = request.options;
  options.compression =
      request.compression.value_or(session.config().config.compression.value_or(1));
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
  DumpTarget target(dump.get(), &stage);
  RETURN_IF_ERROR(connection->Backup(context, options, target));
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
