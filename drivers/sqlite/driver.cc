// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/driver.h"

#include <utility>

#include "drivers/sqlite/body.h"
#include "drivers/sqlite/chain.h"
#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/deep.h"
#include "drivers/sqlite/excerpt.h"
#include "drivers/sqlite/state_snapshot.h"
#include "drivers/sqlite/target.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"

namespace siphon::sqlite {
namespace {

// Stores remove files of dead processes with this prefix.
constexpr std::string_view kScratchPrefix = ".tmp-scratch-";

}  // namespace

driver::Capabilities SqliteDriver::capabilities() const {
  driver::Capabilities capabilities;
  capabilities.incremental = true;
  capabilities.native_stream = true;
  capabilities.per_table = true;
  capabilities.schema_only = true;
  capabilities.data_only = true;
  capabilities.parallel = true;
  capabilities.compression = true;
  capabilities.binary_format = true;
  return capabilities;
}

std::string SqliteDriver::version() const { return sqlite3_libversion(); }

absl::StatusOr<std::unique_ptr<driver::Connection>> SqliteDriver::Connect(
    const base::Context& context, const profile::ConnectionProfile& profile, Access access) {
  ASSIGN_OR_RETURN(Target target, ResolveTarget(profile, access));
  std::unique_ptr<Database> database;
  // Files that a killed restore has left next to the database.
  const Stage::Place place = target.StagePlace();
  {
    const base::ActingAs owner(place.rights);
    base::RemoveStaleFiles(place.directory, place.prefix).status().IgnoreError();
  }
  if (target.exists) {
    ASSIGN_OR_RETURN(database, OpenTarget(context, target, access));
  }
  return std::make_unique<FileConnection>(std::move(target), access, std::move(database), limits_);
}

absl::StatusOr<std::unique_ptr<driver::Connection>> SqliteDriver::OpenScratchOn(
    const base::Context&, const profile::ConnectionProfile&) {
  return errs::UserError("sqlite.verify", errs::kDriverUnsupported,
                         "a SQLite database is a file; there is no server for a scratch database",
                         "use --deep, which restores into a scratch file next to the dumps");
}

absl::StatusOr<driver::DeepReport> SqliteDriver::VerifyDeep(
    const base::Context& context, const driver::DeepVerifyOptions& options, base::Reader& body) {
  RETURN_IF_ERROR(base::RemoveStaleFiles(options.directory, kScratchPrefix).status());
  return sqlite::VerifyDeep(context, {options.directory, std::string(kScratchPrefix)}, body);
}

absl::StatusOr<driver::VerifyReport> SqliteDriver::VerifyBody(const base::Context& context,
                                                              base::Reader& body) {
  return sqlite::VerifyBody(context, body);
}

absl::Status SqliteDriver::CheckBackupOptions(const driver::BackupOptions& options) {
  RETURN_IF_ERROR(driver::RequireFor(*this, options));
  return CheckFormat(options);
}

absl::StatusOr<std::unique_ptr<base::Reader>> SqliteDriver::OpenExcerpt(
    const base::Context& context, const driver::ExcerptOptions& options,
    const driver::FramedBody& body) {
  return OpenImageExcerpt(context, options, body);
}

absl::StatusOr<std::unique_ptr<base::Reader>> SqliteDriver::OpenChain(
    const base::Context& context, std::vector<driver::ChainMember> members) {
  return sqlite::OpenChain(context, std::move(members));
}

absl::StatusOr<std::unique_ptr<driver::Snapshot>> SqliteDriver::OpenStateSnapshot(
    const base::Context& /*context*/, std::unique_ptr<base::Reader> state,
    dumps::Contents contents) {
  return sqlite::OpenStateSnapshot(std::move(state), std::move(contents));
}

absl::Status SqliteDriver::VerifyIncrement(const base::Context& context, base::Reader& body) {
  return sqlite::VerifyIncrement(context, body);
}

}  // namespace siphon::sqlite
