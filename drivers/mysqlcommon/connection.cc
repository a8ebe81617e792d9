// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/connection.h"

#include "drivers/mysqlcommon/backup.h"
#include "drivers/mysqlcommon/crossing.h"
#include "drivers/mysqlcommon/inspect.h"
#include "drivers/mysqlcommon/parts_restore.h"
#include "drivers/mysqlcommon/preflight.h"
#include "drivers/mysqlcommon/restore.h"
#include "drivers/mysqlcommon/system_dump.h"
#include "drivers/mysqlcommon/table_loader.h"
#include "drivers/mysqlcommon/table_reader.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
absl::StatusOr<Session*> DatabaseConnection::Open(const base::Context& context) {
  if (closed_) return errs::InternalError("mysql", "the connection is closed");
  RETURN_IF_ERROR(context.Check());
  RETURN_IF_ERROR(missing_);
  if (session_ == nullptr || session_->broken()) {
    ASSIGN_OR_RETURN(session_, Session::Connect(context, fork_, settings_));
  }
  return session_.get();
}

absl::StatusOr<Session*> DatabaseConnection::OpenForRestore(const base::Context& context,
                                                            const driver::RestoreOptions& options) {
  const bool usable = session_ != nullptr && !session_->broken() && !closed_;
  if (!missing_.ok() && !options.create.empty() && usable) return session_.get();
  return Open(context);
}

absl::StatusOr<driver::Identity> DatabaseConnection::Identity(const base::Context& context) {
  return Named([&]() -> absl::StatusOr<driver::Identity> {
    ASSIGN_OR_RETURN(Session* const session, Open(context));
    return mysqlcommon::Identity(context, *session);
  });
}

absl::StatusOr<driver::Schema> DatabaseConnection::Inspect(const base::Context& context,
                                                           const driver::InspectOptions& options) {
  return Named([&]() -> absl::StatusOr<driver::Schema> {
    ASSIGN_OR_RETURN(Session* const session, Open(context));
    return mysqlcommon::Inspect(context, *session, options);
  });
}

absl::Status DatabaseConnection::Backup(const base::Context& context,
                                        const driver::BackupOptions& options,
                                        driver::BackupTarget& target) {
  return Named([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Session* const session, Open(context));
    if (programs_.system) {
      return SystemBackup(context, *session, options, target, programs_.environment);
    }
    // Another connection could only help to read parts.
    driver::BackupOptions alone = options;
    alone.jobs = 1;
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::Snapshot> snapshot,
                     OpenSnapshot(context, alone));
    return driver::WriteStream(context, *snapshot, target);
  });
}

absl::StatusOr<std::unique_ptr<driver::Snapshot>> DatabaseConnection::OpenSnapshot(
    const base::Context& context, const driver::BackupOptions& options) {
  return Named([&]() -> absl::StatusOr<std::unique_ptr<driver::Snapshot>> {
    if (programs_.system) return std::unique_ptr<driver::Snapshot>();
    ASSIGN_OR_RETURN(Session* const session, Open(context));
    driver::BackupOptions usable = options;
    if (options.compression == 0) usable.jobs = 1;  // The body is one stream.
    return OpenBackup(
        context, *session,
        [this](const base::Context& inner, int attempts) {
          return Session::Connect(inner, fork_, settings_, {.attempts = attempts});
        },
        usable);
  });
}

absl::Status DatabaseConnection::CheckTarget(const base::Context& context,
                                             const driver::RestoreOptions& options) {
  return Named([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Session* const session, OpenForRestore(context, options));
    return mysqlcommon::CheckTarget(context, *session, options);
  });
}

absl::Status DatabaseConnection::Restore(const base::Context& context,
                                         const driver::RestoreOptions& options,
                                         base::Reader& body) {
  return Named([&]() -> absl::Status {
    if (access_ == driver::Driver::Access::kRead) {
      return errs::InternalError("mysql.restore", "the connection is read-only");
    }
    ASSIGN_OR_RETURN(Session* const session, OpenForRestore(context, options));
    if (options.jobs > 1) {
      context.Message("restore", "one connection restores the dump, because it is one stream");
    }
    return mysqlcommon::Restore(context, *session, options, programs_, body);
  });
}

absl::StatusOr<std::unique_ptr<driver::Restoration>> DatabaseConnection::OpenRestoration(
    const base::Context& context, const driver::RestoreOptions& options,
    const driver::FramedBody& body, std::string& why) {
  return Named([&]() -> absl::StatusOr<std::unique_ptr<driver::Restoration>> {
    if (access_ == driver::Driver::Access::kRead) {
      return errs::InternalError("mysql.restore", "the connection is read-only");
    }
    if (programs_.system || options.in_place) {
      why = programs_.system ? "the system's client program reads the dump as one stream"
                             : "a restore in place uses one connection";
      return std::unique_ptr<driver::Restoration>();
    }
    ASSIGN_OR_RETURN(Session* const session, OpenForRestore(context, options));
    return OpenPartsRestore(context, *session, options, body);
  });
}

absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> DatabaseConnection::OpenTables(
    const base::Context& context, const driver::TableChoice& choice) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return mysqlcommon::OpenTables(context, *session, choice);
}

const schema::Dialect& DatabaseConnection::dialect() const { return TableDialect(fork_); }

absl::StatusOr<std::unique_ptr<driver::TableLoad>> DatabaseConnection::OpenTableLoad(
    const base::Context& context) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return mysqlcommon::OpenTableLoad(context, *session, [this](const base::Context& inner) {
    return Session::Connect(inner, fork_, settings_, {.attempts = 1});
  });
}

absl::StatusOr<driver::Crossing> DatabaseConnection::CheckCrossing(
    const base::Context& context, driver::Connection& source,
    const driver::BackupOptions& options) {
  return Named([&]() -> absl::StatusOr<driver::Crossing> {
    auto* const other = dynamic_cast<DatabaseConnection*>(&source);
    if (other == nullptr)
      return errs::InternalError("mysql.sync", "the source is of another engine");
    ASSIGN_OR_RETURN(Session* const here, Open(context));
    ASSIGN_OR_RETURN(Session* const there, other->Open(context));
    return mysqlcommon::CheckCrossing(context, *here, *there, options);
  });
}

absl::Status DatabaseConnection::CheckIntegrity(const base::Context& context) {
  return Named([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Session* const session, Open(context));
    return mysqlcommon::CheckIntegrity(context, *session);
  });
}

absl::Status DatabaseConnection::Close() {
  closed_ = true;
  session_.reset();
  return absl::OkStatus();
}

absl::Status ScratchConnection::CheckTarget(const base::Context&, const driver::RestoreOptions&) {
  return absl::OkStatus();
}

absl::Status ScratchConnection::Restore(const base::Context& context,
                                        const driver::RestoreOptions& options, base::Reader& body) {
  return Named([&]() -> absl::Status {
    if (filled_) return errs::InternalError("mysql.restore", "a scratch database accepts one dump");
    if (!options.tables.empty() || !options.exclude_tables.empty() || options.schema_only ||
        options.data_only) {
      return errs::UserError("mysql.restore", errs::kInvalidArgument,
                             "a scratch database accepts only a whole dump");
    }
    ASSIGN_OR_RETURN(Session* const session, Open(context));
    filled_ = true;
    return FillScratch(context, *session, options, programs(), body);
  });
}

absl::StatusOr<std::unique_ptr<driver::Restoration>> ScratchConnection::OpenRestoration(
    const base::Context&, const driver::RestoreOptions&, const driver::FramedBody&,
    std::string& why) {
  why = "one connection fills a scratch database";
  return std::unique_ptr<driver::Restoration>();
}

absl::Status ScratchConnection::Close() {
  RETURN_IF_ERROR(DatabaseConnection::Close());
  const base::Context always;
  return scratch_->Drop(always);
}

}  // namespace siphon::mysqlcommon
