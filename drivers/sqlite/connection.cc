// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/connection.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/sqlite/backup_image.h"
#include "drivers/sqlite/backup_sql.h"
#include "drivers/sqlite/body.h"
#include "drivers/sqlite/inspect.h"
#include "drivers/sqlite/restore.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

// Messages of "PRAGMA integrity_check" that an error quotes.
constexpr size_t kQuotedMessages = 5;

bool Chooses(const driver::BackupOptions& options) {
  return options.schema_only || options.data_only || !options.tables.empty() ||
         !options.exclude_tables.empty() || !options.exclude_data.empty();
}

absl::Status RunBackup(const base::Context& context, const driver::BackupOptions& options,
                       const SnapshotLimits& limits, Database& database,
                       driver::BackupTarget& target) {
  RETURN_IF_ERROR(CheckFormat(options));
  Database::Scope scope(database, context, "sqlite.backup");
  RETURN_IF_ERROR(database.CheckContext());
  if (options.format == kSqlFormat || Chooses(options)) {
    return BackupSql(database, context, options, limits, target);
  }
  return BackupImage(database, context, limits, target);
}

absl::Status RunIntegrityCheck(const base::Context& context, Database& database) {
  Database::Scope scope(database, context, "sqlite.check");
  ASSIGN_OR_RETURN(Statement check, database.Prepare("PRAGMA main.integrity_check"));
  std::vector<std::string> messages;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, check.Step());
    if (!row) break;
    std::string message = check.Text(0);
    if (message != "ok" && messages.size() < kQuotedMessages) messages.push_back(message);
  }
  if (messages.empty()) return absl::OkStatus();
  return errs::IntegrityError("sqlite.check",
                              absl::StrCat(database.path(), ": ", absl::StrJoin(messages, "; ")));
}

absl::StatusOr<driver::Schema> RunInspect(const base::Context& context,
                                          const driver::InspectOptions& options,
                                          Database& database) {
  Database::Scope scope(database, context, "sqlite.inspect");
  RETURN_IF_ERROR(database.CheckContext());
  return sqlite::Inspect(database, options);
}

}  // namespace

absl::Status CheckFormat(const driver::BackupOptions& options) {
  const std::string& format = options.format;
  if (!format.empty() && format != kImageFormat && format != kSqlFormat) {
    return errs::UserError("sqlite.backup", errs::kInvalidArgument,
                           absl::StrCat("unknown format \"", format, "\""),
                           "the formats are image (the database file) and sql (a script)");
  }
  if (format == kImageFormat && Chooses(options)) {
    return errs::UserError(
        "sqlite.backup", errs::kInvalidArgument,
        "an image is the whole database; tables, definitions or rows cannot be chosen for it",
        "leave the format out, or say --format sql");
  }
  return absl::OkStatus();
}

absl::StatusOr<Database*> FileConnection::Open(const base::Context& context) {
  if (closed_) return errs::InternalError("sqlite", "the connection is closed");
  if (database_ == nullptr) {
    ASSIGN_OR_RETURN(database_, OpenTarget(context, target_, access_));
  }
  return database_.get();
}

absl::StatusOr<driver::Schema> FileConnection::Inspect(const base::Context& context,
                                                       const driver::InspectOptions& options) {
  ASSIGN_OR_RETURN(Database* const database, Open(context));
  return RunInspect(context, options, *database);
}

absl::Status FileConnection::Backup(const base::Context& context,
                                    const driver::BackupOptions& options,
                                    driver::BackupTarget& target) {
  ASSIGN_OR_RETURN(Database* const database, Open(context));
  return RunBackup(context, options, limits_, *database, target);
}

absl::Status FileConnection::Restore(const base::Context& context,
                                     const driver::RestoreOptions& options, base::Reader& body) {
  if (access_ == driver::Driver::Access::kRead || closed_) {
    return errs::InternalError("sqlite.restore", "the connection is for reading");
  }
  if (options.schema_only && options.data_only) {
    return errs::UserError("sqlite.restore", errs::kInvalidArgument,
                           "schema-only and data-only contradict each other");
  }
  // A file that was there is opened anew after an earlier restore.
  if (target_.exists) RETURN_IF_ERROR(Open(context).status());
  RETURN_IF_ERROR(errs::WithOp(context.Check(), "sqlite.restore"));
  RETURN_IF_ERROR(sqlite::Restore(context, target_, options, body, database_));
  target_.exists = true;
  return absl::OkStatus();
}

absl::StatusOr<driver::VerifyReport> FileConnection::Verify(const base::Context& context,
                                                            base::Reader& body) {
  return sqlite::VerifyBody(context, body);
}

absl::Status FileConnection::CheckIntegrity(const base::Context& context) {
  ASSIGN_OR_RETURN(Database* const database, Open(context));
  return RunIntegrityCheck(context, *database);
}

absl::Status FileConnection::Close() {
  closed_ = true;
  if (database_ == nullptr) return absl::OkStatus();
  const absl::Status status = database_->Close();
  database_.reset();
  return status;
}

absl::StatusOr<Database*> ScratchConnection::Open() {
  if (stage_ == nullptr) {
    ASSIGN_OR_RETURN(stage_, Stage::Empty(place_));
  }
  if (database_ == nullptr) {
    ASSIGN_OR_RETURN(database_, stage_->Open());
  }
  return database_.get();
}

absl::StatusOr<driver::Schema> ScratchConnection::Inspect(const base::Context& context,
                                                          const driver::InspectOptions& options) {
  ASSIGN_OR_RETURN(Database* const database, Open());
  return RunInspect(context, options, *database);
}

absl::Status ScratchConnection::Backup(const base::Context& context,
                                       const driver::BackupOptions& options,
                                       driver::BackupTarget& target) {
  ASSIGN_OR_RETURN(Database* const database, Open());
  return RunBackup(context, options, limits_, *database, target);
}

absl::Status ScratchConnection::Restore(const base::Context& context,
                                        const driver::RestoreOptions& options, base::Reader& body) {
  if (!options.tables.empty() || options.schema_only || options.data_only) {
    return errs::UserError("sqlite.restore", errs::kInvalidArgument,
                           "a scratch database takes a whole dump");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Stage> stage,
                   Stage::FromBody(context, body, place_, [](Database&) {
                     return errs::UserError("sqlite.restore", errs::kInvalidArgument,
                                            "the dump holds rows only, and nothing to put them in",
                                            "such a dump can only be checked by its checksum");
                   }));
  database_.reset();
  stage_ = std::move(stage);
  return absl::OkStatus();
}

absl::StatusOr<driver::VerifyReport> ScratchConnection::Verify(const base::Context& context,
                                                               base::Reader& body) {
  return sqlite::VerifyBody(context, body);
}

absl::Status ScratchConnection::CheckIntegrity(const base::Context& context) {
  ASSIGN_OR_RETURN(Database* const database, Open());
  return RunIntegrityCheck(context, *database);
}

absl::Status ScratchConnection::Close() {
  database_.reset();
  stage_.reset();
  return absl::OkStatus();
}

}  // namespace siphon::sqlite
