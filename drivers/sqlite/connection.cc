// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/connection.h"

#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "drivers/sqlite/backup_sql.h"
#include "drivers/sqlite/body.h"
#include "drivers/sqlite/deep.h"
#include "drivers/sqlite/image_snapshot.h"
#include "drivers/sqlite/increment.h"
#include "drivers/sqlite/inspect.h"
#include "drivers/sqlite/restore.h"
#include "drivers/sqlite/table_loader.h"
#include "drivers/sqlite/table_reader.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

bool Chooses(const driver::BackupOptions& options) {
  return options.schema_only || options.data_only || !options.tables.empty() ||
         !options.exclude_tables.empty() || !options.exclude_data.empty();
}

bool IsScript(const driver::BackupOptions& options) {
  return options.format == kSqlFormat || Chooses(options);
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
        "an image is the whole database; tables, definitions or rows cannot be selected",
        "omit --format, or use --format sql");
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
  Database::Scope scope(*database, context, "sqlite.inspect");
  RETURN_IF_ERROR(database->CheckContext());
  return sqlite::Inspect(*database, options);
}

absl::Status FileConnection::Backup(const base::Context& context,
                                    const driver::BackupOptions& options,
                                    driver::BackupTarget& target) {
  RETURN_IF_ERROR(CheckFormat(options));
  ASSIGN_OR_RETURN(Database* const database, Open(context));
  if (IsScript(options)) {
    Database::Scope scope(*database, context, "sqlite.backup");
    RETURN_IF_ERROR(database->CheckContext());
    return BackupSql(*database, context, options, limits_, target);
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Snapshot> snapshot,
                   OpenImageSnapshot(context, *database, limits_));
  return driver::WriteStream(context, *snapshot, target);
}

absl::StatusOr<std::unique_ptr<driver::Snapshot>> FileConnection::OpenSnapshot(
    const base::Context& context, const driver::BackupOptions& options) {
  RETURN_IF_ERROR(CheckFormat(options));
  if (IsScript(options)) return std::unique_ptr<driver::Snapshot>();
  ASSIGN_OR_RETURN(Database* const database, Open(context));
  return OpenImageSnapshot(context, *database, limits_);
}

absl::Status FileConnection::BackupIncrement(const base::Context& context,
                                             const driver::BackupOptions& options,
                                             const driver::IncrementOptions& increment,
                                             driver::BackupTarget& target) {
  RETURN_IF_ERROR(CheckFormat(options));
  if (IsScript(options)) {
    return errs::UserError(
        "sqlite.backup", errs::kInvalidArgument,
        "an increment has pages of the whole database; tables, definitions or rows cannot be "
        "selected",
        "leave out --incremental, or the options that select");
  }
  ASSIGN_OR_RETURN(Database* const database, Open(context));
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Snapshot> snapshot,
                   OpenImageSnapshot(context, *database, limits_));
  return WriteIncrement(context, *snapshot, increment, target);
}

absl::StatusOr<driver::Identity> FileConnection::Identity(const base::Context& context) {
  RETURN_IF_ERROR(errs::WithOp(context.Check(), "sqlite"));
  struct stat info;
  if (stat(target_.path.c_str(), &info) == 0) {
    return driver::Identity{.database = absl::StrCat("inode ", info.st_dev, ":", info.st_ino)};
  }
  if (errno == ENOENT) return driver::Identity{.database = absl::StrCat("file ", target_.path)};
  return errs::ErrnoError("sqlite", absl::StrCat("cannot stat ", target_.path), errno);
}

absl::Status FileConnection::CheckRestore(const base::Context& context,
                                          const driver::RestoreOptions& options) {
  if (access_ == driver::Driver::Access::kRead || closed_) {
    return errs::InternalError("sqlite.restore", "the connection is read-only");
  }
  if (options.jobs > 1) {
    return errs::UserError("sqlite.restore", errs::kDriverUnsupported,
                           "a SQLite database is restored by one job", "leave out --jobs");
  }
  if (options.schema_only && options.data_only) {
    return errs::UserError("sqlite.restore", errs::kInvalidArgument,
                           "schema-only and data-only contradict each other");
  }
  // An existing file is opened again after an earlier restore.
  if (target_.exists) RETURN_IF_ERROR(Open(context).status());
  return errs::WithOp(context.Check(), "sqlite.restore");
}

absl::Status FileConnection::CheckTarget(const base::Context& context,
                                         const driver::RestoreOptions& options) {
  RETURN_IF_ERROR(CheckRestore(context, options));
  return sqlite::CheckTarget(context, target_, options, database_);
}

absl::Status FileConnection::Restore(const base::Context& context,
                                     const driver::RestoreOptions& options, base::Reader& body) {
  RETURN_IF_ERROR(CheckRestore(context, options));
  RETURN_IF_ERROR(sqlite::Restore(context, target_, options, body, database_));
  target_.exists = true;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> FileConnection::OpenTables(
    const base::Context& context, const driver::TableChoice& choice) {
  ASSIGN_OR_RETURN(Database* const database, Open(context));
  return sqlite::OpenTables(context, *database, choice);
}

const schema::Dialect& FileConnection::dialect() const { return TableDialect(); }

absl::StatusOr<std::unique_ptr<driver::TableLoad>> FileConnection::OpenTableLoad(
    const base::Context& context) {
  RETURN_IF_ERROR(CheckRestore(context, {}));
  return sqlite::OpenTableLoad(context, target_, database_);
}

absl::Status FileConnection::CheckIntegrity(const base::Context& context) {
  ASSIGN_OR_RETURN(Database* const database, Open(context));
  return sqlite::CheckIntegrity(context, *database).status();
}

absl::Status FileConnection::Close() {
  closed_ = true;
  if (database_ == nullptr) return absl::OkStatus();
  const absl::Status status = database_->Close();
  database_.reset();
  return status;
}

}  // namespace siphon::sqlite
