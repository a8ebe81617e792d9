// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/driver.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/connection.h"
#include "drivers/mysqlcommon/operation.h"
#include "drivers/mysqlcommon/script_excerpt.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/settings.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "drivers/mysqlcommon/verify.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

// No program is built in; siphon's own code is the default.
Programs ProgramsOf(const profile::ConnectionProfile& profile) {
  return {.system = profile.tools == profile::Tools::kSystem, .environment = profile.environment};
}

}  // namespace

driver::Capabilities ForkDriver::capabilities() const {
  driver::Capabilities capabilities;
  capabilities.native_stream = true;
  capabilities.per_table = true;
  capabilities.schema_only = true;
  capabilities.data_only = true;
  capabilities.parallel = true;
  capabilities.compression = true;
  return capabilities;
}

driver::Features ForkDriver::features() const {
  return {.connects_without_trace = true,
          .ownership = true,
          .create = true,
          .tools = true,
          .scratch = true,
          .checksums = true,
          .in_place = true,
          .definer = true,
          .trust = true,
          .restore_jobs = true};
}

bool ForkDriver::Crosses(std::string_view other) const {
  return other == (fork_.mariadb ? kMysql : kMariadb).name;
}

std::string ForkDriver::version() const { return ConnectorVersion(); }

absl::StatusOr<std::unique_ptr<driver::Connection>> ForkDriver::Connect(
    const base::Context& context, const profile::ConnectionProfile& profile, Access access) {
  const auto connect = [&]() -> absl::StatusOr<std::unique_ptr<driver::Connection>> {
    ASSIGN_OR_RETURN(Settings settings, ConnectionSettings(profile));
    absl::StatusOr<std::unique_ptr<Session>> session = Session::Connect(context, fork_, settings);
    absl::Status missing;
    if (access == Access::kCreate && IsUnknownDatabase(session.status())) {
      missing = session.status();
      Settings elsewhere = settings;
      elsewhere.database.clear();
      session = Session::Connect(context, fork_, elsewhere);
      if (!session.ok()) return missing;
    }
    RETURN_IF_ERROR(session.status());
    return std::make_unique<DatabaseConnection>(fork_, std::move(settings), ProgramsOf(profile),
                                                access, *std::move(session), std::move(missing));
  };
  return NameOperation(fork_, connect());
}

absl::StatusOr<std::unique_ptr<driver::Connection>> ForkDriver::OpenScratchOn(
    const base::Context& context, const profile::ConnectionProfile& profile) {
  const auto connect = [&]() -> absl::StatusOr<std::unique_ptr<driver::Connection>> {
    ASSIGN_OR_RETURN(Settings settings, ConnectionSettings(profile));
    ASSIGN_OR_RETURN(std::unique_ptr<ScratchDatabase> scratch,
                     ScratchDatabase::Create(context, fork_, settings));
    settings.database = scratch->name();
    ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::Connect(context, fork_, settings));
    return std::make_unique<ScratchConnection>(fork_, std::move(settings), ProgramsOf(profile),
                                               std::move(session), std::move(scratch));
  };
  return NameOperation(fork_, connect());
}

absl::StatusOr<driver::DeepReport> ForkDriver::VerifyDeep(const base::Context& context,
                                                          const driver::DeepVerifyOptions&,
                                                          base::Reader& body) {
  return NameOperation(fork_, mysqlcommon::VerifyDeep(context, body, fork_.mariadb));
}

absl::StatusOr<driver::VerifyReport> ForkDriver::VerifyBody(const base::Context& context,
                                                            base::Reader& body) {
  return NameOperation(fork_, mysqlcommon::VerifyBody(context, body, fork_.mariadb));
}

absl::Status ForkDriver::CheckBackupOptions(const driver::BackupOptions& options) {
  RETURN_IF_ERROR(driver::RequireFor(*this, options));
  if (options.format.empty() || options.format == kFormatSql) return absl::OkStatus();
  return errs::UserError("backup", errs::kInvalidArgument,
                         absl::StrCat("unknown format \"", options.format, "\""),
                         "this engine has one format: sql");
}

absl::StatusOr<std::unique_ptr<base::Reader>> ForkDriver::OpenExcerpt(
    const base::Context& context, const driver::ExcerptOptions& options,
    const driver::FramedBody& body) {
  return NameOperation(fork_, OpenScriptExcerpt(context, options, body));
}

}  // namespace siphon::mysqlcommon
