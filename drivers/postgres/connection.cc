// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/connection.h"

#include <utility>

#include "drivers/postgres/archive_restoration.h"
#include "drivers/postgres/backup.h"
#include "drivers/postgres/identity.h"
#include "drivers/postgres/integrity.h"
#include "drivers/postgres/preflight.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/restore.h"
#include "drivers/postgres/restore_options.h"
#include "drivers/postgres/scratch.h"
#include "drivers/postgres/scratch_place.h"
#include "drivers/postgres/table_loader.h"
#include "drivers/postgres/table_reader.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {

absl::StatusOr<Session*> DatabaseConnection::Open(const base::Context& context) {
  if (closed_) return errs::InternalError("postgres", "the connection is closed");
  RETURN_IF_ERROR(missing_);
  if (session_ == nullptr || session_->broken()) {
    ASSIGN_OR_RETURN(session_, Session::Connect(context, settings_));
  }
  return session_.get();
}

absl::StatusOr<Session*> DatabaseConnection::OpenForRestore(const base::Context& context,
                                                            const driver::RestoreOptions& options) {
  if (access_ == driver::Driver::Access::kRead) {
    return errs::InternalError("postgres.restore", "the connection is for reading");
  }
  // To create a database, a session on any database of the server is enough.
  if (!missing_.ok() && !options.create.empty() && !session_->broken()) return session_.get();
  return Open(context);
}

absl::StatusOr<driver::Identity> DatabaseConnection::Identity(const base::Context& context) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return postgres::Identity(context, *session);
}

absl::StatusOr<driver::Schema> DatabaseConnection::Inspect(const base::Context& context,
                                                           const driver::InspectOptions& options) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return postgres::Inspect(context, *session, options);
}

absl::Status DatabaseConnection::Backup(const base::Context& context,
                                        const driver::BackupOptions& options,
                                        driver::BackupTarget& target) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return postgres::Backup(context, *session, profile_, options, target);
}

absl::StatusOr<std::unique_ptr<driver::Snapshot>> DatabaseConnection::OpenSnapshot(
    const base::Context& context, const driver::BackupOptions& options) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return postgres::OpenSnapshot(context, *session, profile_, options);
}

absl::Status DatabaseConnection::CheckTarget(const base::Context& context,
                                             const driver::RestoreOptions& options) {
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(Session* const session, OpenForRestore(context, options));
  return postgres::CheckTarget(context, *session, options);
}

absl::Status DatabaseConnection::Restore(const base::Context& context,
                                         const driver::RestoreOptions& options,
                                         base::Reader& body) {
  left_out_.clear();
  ASSIGN_OR_RETURN(Session* const session, OpenForRestore(context, options));
  ASSIGN_OR_RETURN(left_out_,
                   postgres::Restore(context, *session, profile_, options, nullptr, body));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<driver::Restoration>> DatabaseConnection::OpenRestoration(
    const base::Context& context, const driver::RestoreOptions& options,
    const driver::FramedBody& body, std::string& why) {
  left_out_.clear();
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(Session* const session, OpenForRestore(context, options));
  return OpenArchiveRestoration(
      context, *session, [this] { session_.reset(); }, profile_, options, body, why);
}

absl::StatusOr<std::optional<uint64_t>> DatabaseConnection::MostTables(
    const base::Context& context, const driver::RestoreOptions& options) {
  // The user has decided.
  if (options.single_transaction.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(Session* const session, OpenForRestore(context, options));
  return MostTablesInTransaction(context, *session);
}

absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> DatabaseConnection::OpenTables(
    const base::Context& context, const driver::TableChoice& choice) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return postgres::OpenTables(context, *session, choice);
}

const schema::Dialect& DatabaseConnection::dialect() const { return TableDialect(); }

absl::StatusOr<std::unique_ptr<driver::TableLoad>> DatabaseConnection::OpenTableLoad(
    const base::Context& context) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return postgres::OpenTableLoad(context, *session);
}

absl::Status DatabaseConnection::CheckIntegrity(const base::Context& context) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return postgres::CheckIntegrity(context, *session);
}

absl::Status DatabaseConnection::Close() {
  closed_ = true;
  session_.reset();
  return absl::OkStatus();
}

absl::StatusOr<Session*> ScratchConnection::Open(const base::Context& context) {
  if (!restored_) return errs::InternalError("postgres", "the scratch database holds nothing yet");
  if (session_ != nullptr && !session_->broken()) return session_.get();
  if (has_role_) {
    return errs::SystemError("postgres", errs::kConnectionFailed,
                             "the session in the scratch database is lost", "try again");
  }
  Settings settings = server_->settings();
  settings["dbname"] = name_;
  ASSIGN_OR_RETURN(session_, Session::Connect(context, settings));
  return session_.get();
}

absl::StatusOr<driver::Identity> ScratchConnection::Identity(const base::Context& context) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return postgres::Identity(context, *session);
}

absl::StatusOr<driver::Schema> ScratchConnection::Inspect(const base::Context& context,
                                                          const driver::InspectOptions& options) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return postgres::Inspect(context, *session, options);
}

absl::Status ScratchConnection::Backup(const base::Context& context,
                                       const driver::BackupOptions& options,
                                       driver::BackupTarget& target) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return postgres::Backup(context, *session, profile_, options, target);
}

absl::Status ScratchConnection::CheckTarget(const base::Context& context,
                                            const driver::RestoreOptions& options) {
  if (server_ == nullptr) return errs::InternalError("postgres", "the connection is closed");
  return options.trust ? absl::OkStatus() : CheckMayCreateRoles(context, *server_);
}

absl::Status ScratchConnection::Restore(const base::Context& context,
                                        const driver::RestoreOptions& options, base::Reader& body) {
  if (server_ == nullptr || created_) {
    return errs::InternalError("postgres", "a scratch database can be restored into once");
  }
  if (!options.tables.empty() || !options.exclude_tables.empty() || options.schema_only ||
      options.data_only) {
    return errs::UserError("postgres.restore", errs::kInvalidArgument,
                           "only a whole dump can be restored into a scratch database");
  }
  driver::RestoreOptions into = options;
  into.create = name_;
  into.clean = false;
  into.jobs = 1;
  into.no_owner = into.no_acl = true;
  into.with_globals = false;
  ScratchRestore scratch;
  ScratchPlace place(server_.get(), name_);
  if (!options.trust) {
    RETURN_IF_ERROR(CheckMayCreateRoles(context, *server_));
    scratch.place = &place;
    has_role_ = true;
  }
  created_ = true;
  absl::StatusOr<std::vector<verbs::LeftOut>> left_out =
      postgres::Restore(context, *server_, profile_, into, &scratch, body);
  session_ = place.TakeSession();
  if (!left_out.ok()) {
    Drop().IgnoreError();
    return left_out.status();
  }
  left_out_ = *std::move(left_out);
  restored_ = true;
  return absl::OkStatus();
}

absl::Status ScratchConnection::CheckIntegrity(const base::Context& context) {
  ASSIGN_OR_RETURN(Session* const session, Open(context));
  return postgres::CheckIntegrity(context, *session);
}

absl::Status ScratchConnection::Drop() {
  session_.reset();
  restored_ = false;
  if (!std::exchange(created_, false)) return absl::OkStatus();
  return DropScratch(*server_, settings_, name_, std::exchange(has_role_, false));
}

absl::Status ScratchConnection::Close() {
  if (server_ == nullptr) return absl::OkStatus();
  const absl::Status status = Drop();
  server_.reset();
  return status;
}

}  // namespace siphon::postgres
