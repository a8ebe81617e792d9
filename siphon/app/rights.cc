// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/rights.h"

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/migrations.h"
#include "siphon/driver/registry.h"

namespace siphon::app {
namespace {

using Access = driver::Driver::Access;

// Discards a backup.
class NowhereTarget : public driver::BackupTarget, public base::Writer {
 public:
  absl::StatusOr<base::Writer*> Begin(const dumps::Contents&) override { return this; }
  absl::Status Write(std::string_view) override { return absl::OkStatus(); }
  absl::Status Finish() override { return absl::OkStatus(); }
};

absl::Status CheckBackup(const base::Context& context, driver::Driver& driver,
                         const profile::ConnectionProfile& profile) {
  ASSIGN_OR_RETURN(const auto connection, driver.Connect(context, profile, Access::kRead));
  verbs::BackupOptions options;
  options.schema_only = driver.capabilities().schema_only;
  NowhereTarget nowhere;
  RETURN_IF_ERROR(connection->Backup(context, options, nowhere));
  return connection->Close();
}

absl::Status CheckTarget(const base::Context& context, driver::Driver& driver,
                         const profile::ConnectionProfile& profile,
                         const verbs::RestoreOptions& options) {
  // kCreate would create a missing database file.
  const Access access = driver.features().connects_without_trace ? Access::kCreate : Access::kWrite;
  ASSIGN_OR_RETURN(const auto connection, driver.Connect(context, profile, access));
  RETURN_IF_ERROR(connection->CheckTarget(context, options));
  return connection->Close();
}

absl::Status CheckVerify(const base::Context& context, driver::Driver& driver,
                         const profile::ConnectionProfile& profile) {
  RETURN_IF_ERROR(RequireScratch(driver));
  ASSIGN_OR_RETURN(const auto scratch, driver.OpenScratchOn(context, profile));
  RETURN_IF_ERROR(scratch->CheckTarget(context, {}));
  return scratch->Close();
}

absl::Status CheckMigrate(const base::Context& context, driver::Driver& driver,
                          const profile::ConnectionProfile& profile) {
  // A restore of one new table asks whether tables can be created.
  verbs::RestoreOptions options;
  options.tables = {"siphon_no_such_table"};
  options.in_place = driver.features().in_place;
  RETURN_IF_ERROR(CheckTarget(context, driver, profile, options));
  ASSIGN_OR_RETURN(driver::MigrationDriver * migrations, driver::GetMigrations(profile.driver));
  ASSIGN_OR_RETURN(const auto database,
                   migrations->Open(context, profile, driver::MigrationAccess::kRead));
  RETURN_IF_ERROR(database->Version(context).status());
  RETURN_IF_ERROR(database->History(context).status());
  return database->Close();
}

}  // namespace

absl::Status RequireScratch(const driver::Driver& driver) {
  return errs::WithHint(
      driver::RequireFeature(driver, true, &driver::Features::scratch, "verify --restore"),
      "verify --deep checks a dump without a server");
}

absl::Status CheckRights(const base::Context& context, Session& session, const std::string& source,
                         Purpose purpose) {
  ASSIGN_OR_RETURN(const profile::Profile profile, session.FindProfile(source));
  ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(profile.driver));
  ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved, session.Resolve(profile));
  switch (purpose) {
    case Purpose::kBackup:
      return CheckBackup(context, *driver, resolved);
    case Purpose::kRestore: {
      verbs::RestoreOptions options;
      options.clean = true;
      return CheckTarget(context, *driver, resolved, options);
    }
    case Purpose::kVerify:
      return CheckVerify(context, *driver, resolved);
    case Purpose::kMigrate:
      return CheckMigrate(context, *driver, resolved);
  }
  return absl::OkStatus();
}

}  // namespace siphon::app
