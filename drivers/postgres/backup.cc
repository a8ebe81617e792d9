// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/backup.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/archive_snapshot.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.backup";

}  // namespace

absl::Status CheckFormat(const verbs::BackupOptions& options) {
  if (!options.format.empty() && options.format != kCustomFormat) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("unknown format \"", options.format, "\""),
                           "the only format is custom, the format of pg_dump -Fc");
  }
  if (options.compression < 0 || options.compression > 9) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("compression ", options.compression),
                           "levels are 0 (none) to 9");
  }
  return absl::OkStatus();
}

absl::Status Backup(const base::Context& context, Session& session,
                    const profile::ConnectionProfile& profile, const verbs::BackupOptions& options,
                    driver::BackupTarget& target) {
  RETURN_IF_ERROR(CheckFormat(options));
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Snapshot> snapshot,
                   OpenArchiveSnapshot(context, session, profile, options, BodyForm::kStream));
  return driver::WriteStream(context, *snapshot, target);
}

absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenSnapshot(
    const base::Context& context, Session& session, const profile::ConnectionProfile& profile,
    const verbs::BackupOptions& options) {
  RETURN_IF_ERROR(CheckFormat(options));
  return OpenArchiveSnapshot(context, session, profile, options, BodyForm::kParts);
}

}  // namespace siphon::postgres
