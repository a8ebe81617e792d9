// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_CONNECTION_H_
#define DRIVERS_MYSQLCOMMON_CONNECTION_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/operation.h"
#include "drivers/mysqlcommon/scratch.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/settings.h"
#include "drivers/mysqlcommon/tools.h"
#include "siphon/base/context.h"
#include "siphon/domain/schema/ddl.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"
#include "siphon/driver/table_copy.h"

namespace siphon::mysqlcommon {

// A connection to a database.
class DatabaseConnection : public driver::Connection,
                           public driver::SnapshotSource,
                           public driver::RestorationTarget,
                           public driver::TableSource,
                           public driver::TableTarget {
 public:
  // `missing` is an error when the profile's database does not exist. The session is then connected
  // without a database, and only a restore that creates one succeeds.
  DatabaseConnection(const Fork& fork, Settings settings, Programs programs,
                     driver::Driver::Access access, std::unique_ptr<Session> session,
                     absl::Status missing = absl::OkStatus())
      : fork_(fork),
        settings_(std::move(settings)),
        programs_(std::move(programs)),
        access_(access),
        session_(std::move(session)),
        missing_(std::move(missing)) {}

  absl::StatusOr<driver::Identity> Identity(const base::Context& context) override;
  absl::StatusOr<driver::Schema> Inspect(const base::Context& context,
                                         const driver::InspectOptions& options) override;
  absl::Status Backup(const base::Context& context, const driver::BackupOptions& options,
                      driver::BackupTarget& target) override;
  // Null with the system's tools.
  absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenSnapshot(
      const base::Context& context, const driver::BackupOptions& options) override;
  absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> OpenTables(
      const base::Context& context, const driver::TableChoice& choice) override;
  const schema::Dialect& dialect() const override;
  absl::StatusOr<std::unique_ptr<driver::TableLoad>> OpenTableLoad(
      const base::Context& context) override;
  absl::Status CheckTarget(const base::Context& context,
                           const driver::RestoreOptions& options) override;
  absl::Status Restore(const base::Context& context, const driver::RestoreOptions& options,
                       base::Reader& body) override;
  // Null with the system's tools, and for a restore in place.
  absl::StatusOr<std::unique_ptr<driver::Restoration>> OpenRestoration(
      const base::Context& context, const driver::RestoreOptions& options,
      const driver::FramedBody& body, std::string& why) override;
  // `source` must be a DatabaseConnection of the other fork.
  absl::StatusOr<driver::Crossing> CheckCrossing(const base::Context& context,
                                                 driver::Connection& source,
                                                 const driver::BackupOptions& options) override;
  absl::Status CheckIntegrity(const base::Context& context) override;
  absl::Status Close() override;

 protected:
  // The session; connects again when the connection was lost.
  absl::StatusOr<Session*> Open(const base::Context& context);
  absl::StatusOr<Session*> OpenForRestore(const base::Context& context,
                                          const driver::RestoreOptions& options);
  const Programs& programs() const { return programs_; }
  // The result of `work`, with the engine of the profile in its error.
  template <typename Work>
  auto Named(const Work& work) const {
    return NameOperation(fork_, work());
  }

 private:
  const Fork& fork_;
  Settings settings_;
  Programs programs_;
  driver::Driver::Access access_;
  std::unique_ptr<Session> session_;
  absl::Status missing_;
  bool closed_ = false;
};

// A scratch database, dropped with the connection.
class ScratchConnection : public DatabaseConnection {
 public:
  ScratchConnection(const Fork& fork, Settings settings, Programs programs,
                    std::unique_ptr<Session> session, std::unique_ptr<ScratchDatabase> scratch)
      : DatabaseConnection(fork, std::move(settings), std::move(programs),
                           driver::Driver::Access::kWrite, std::move(session)),
        scratch_(std::move(scratch)) {}

  // OK: the database could be created.
  absl::Status CheckTarget(const base::Context& context,
                           const driver::RestoreOptions& options) override;
  // Accepts one dump, as a whole.
  absl::Status Restore(const base::Context& context, const driver::RestoreOptions& options,
                       base::Reader& body) override;
  // Null.
  absl::StatusOr<std::unique_ptr<driver::Restoration>> OpenRestoration(
      const base::Context& context, const driver::RestoreOptions& options,
      const driver::FramedBody& body, std::string& why) override;
  absl::Status Close() override;

 private:
  std::unique_ptr<ScratchDatabase> scratch_;
  bool filled_ = false;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_CONNECTION_H_
