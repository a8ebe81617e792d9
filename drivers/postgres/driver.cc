// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/driver.h"

#include <libpq-fe.h>

#include <utility>

#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_excerpt.h"
#include "drivers/postgres/archive_layout.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/backup.h"
#include "drivers/postgres/connect_failure.h"
#include "drivers/postgres/connection.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/scratch.h"
#include "drivers/postgres/session.h"
#include "drivers/postgres/verify_deep.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

// A database that nearly every server has.
constexpr char kMaintenanceDatabase[] = "postgres";

}  // namespace

driver::Capabilities PostgresDriver::capabilities() const {
  driver::Capabilities capabilities;
  capabilities.native_stream = true;
  capabilities.per_table = true;
  capabilities.schema_only = true;
  capabilities.data_only = true;
  capabilities.parallel = true;
  capabilities.compression = true;
  capabilities.binary_format = true;
  return capabilities;
}

driver::Features PostgresDriver::features() const {
  return {.connects_without_trace = true,
          .ownership = true,
          .globals = true,
          .create = true,
          .single_transaction = true,
          .tools = true,
          .scratch = true,
          .trust = true,
          .exclude_objects = true,
          .search_path = true,
          .restore_jobs = true};
}

std::string PostgresDriver::version() const { return driver::VersionText(LibraryVersion()); }

absl::StatusOr<std::unique_ptr<driver::Connection>> PostgresDriver::Connect(
    const base::Context& context, const profile::ConnectionProfile& profile, Access access) {
  ASSIGN_OR_RETURN(Settings settings, ConnectionSettings(profile));
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Connect(context, settings);
  absl::Status missing;
  if (access == Access::kCreate && IsUnknownDatabase(session.status())) {
    missing = session.status();
    Settings elsewhere = settings;
    elsewhere["dbname"] = kMaintenanceDatabase;
    session = Session::Connect(context, elsewhere);
    if (!session.ok()) return missing;
  }
  RETURN_IF_ERROR(session.status());
  return std::make_unique<DatabaseConnection>(profile, std::move(settings), access,
                                              *std::move(session), std::move(missing));
}

absl::StatusOr<std::unique_ptr<driver::Connection>> PostgresDriver::OpenScratchOn(
    const base::Context& context, const profile::ConnectionProfile& profile) {
  ASSIGN_OR_RETURN(Settings settings, ConnectionSettings(profile));
  std::string name = NewScratchName();
  settings["application_name"] = ScratchOwner(name);
  ASSIGN_OR_RETURN(std::unique_ptr<Session> server, Session::Connect(context, settings));
  RETURN_IF_ERROR(CheckMayCreateDatabases(context, *server));
  DropStaleScratch(context, *server);
  return std::make_unique<ScratchConnection>(profile, std::move(settings), std::move(name),
                                             std::move(server));
}

absl::StatusOr<driver::DeepReport> PostgresDriver::VerifyDeep(
    const base::Context& context, const driver::DeepVerifyOptions& options, base::Reader& body) {
  return postgres::VerifyDeep(context, options, body);
}

absl::StatusOr<driver::VerifyReport> PostgresDriver::VerifyBody(const base::Context& context,
                                                                base::Reader& body) {
  return postgres::VerifyBody(context, body);
}

absl::StatusOr<frames::BodyFormat> PostgresDriver::ReadFormat(const base::Context& context,
                                                              base::Reader& body) {
  ArchiveReader reader(&body);
  ASSIGN_OR_RETURN(const Archive* const archive, reader.ReadHead(context));
  return frames::BodyFormat{.layout = std::make_shared<ArchiveLayout>(*archive),
                            .head = archive->bytes.size()};
}

absl::Status PostgresDriver::CheckBackupOptions(const driver::BackupOptions& options) {
  RETURN_IF_ERROR(driver::RequireFor(*this, options));
  return CheckFormat(options);
}

absl::StatusOr<std::unique_ptr<base::Reader>> PostgresDriver::OpenExcerpt(
    const base::Context& context, const driver::ExcerptOptions& options,
    const driver::FramedBody& body) {
  return OpenArchiveExcerpt(context, options, body);
}

driver::Version LibraryVersion() {
  return {.major = PQlibVersion() / 10000, .minor = PQlibVersion() % 10000, .patch = 0};
}

}  // namespace siphon::postgres
