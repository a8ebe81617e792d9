// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_CONNECTION_H_
#define DRIVERS_POSTGRES_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/schema/ddl.h"
#include "siphon/driver/copying.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"
#include "siphon/driver/table_copy.h"

namespace siphon::postgres {

// A connection to a database.
class DatabaseConnection : public driver::Connection,
                           public driver::SnapshotSource,
                           public driver::RestorationTarget,
                           public driver::LimitedTarget,
                           public driver::TableSource,
                           public driver::TableTarget {
 public:
  // `missing` is an error if the profile's database does not exist; the session is then connected
  // to another database of the server.
  DatabaseConnection(profile::ConnectionProfile profile, Settings settings,
                     driver::Driver::Access access, std::unique_ptr<Session> session,
                     absl::Status missing)
      : profile_(std::move(profile)),
        settings_(std::move(settings)),
        access_(access),
        session_(std::move(session)),
        missing_(std::move(missing)) {}

  absl::StatusOr<driver::Identity> Identity(const base::Context& context) override;
  absl::StatusOr<driver::Schema> Inspect(const base::Context& context,
                                         const driver::InspectOptions& options) override;
  absl::Status Backup(const base::Context& context, const driver::BackupOptions& options,
                      driver::BackupTarget& target) override;
  absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenSnapshot(
      const base::Context& context, const driver::BackupOptions& options) override;
  absl::StatusOr<std::unique_ptr<driver::Restoration>> OpenRestoration(
      const base::Context& context, const driver::RestoreOptions& options,
      const driver::FramedBody& body, std::string& why) override;
  absl::StatusOr<std::optional<uint64_t>> MostTables(
      const base::Context& context, const driver::RestoreOptions& options) override;
  absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> OpenTables(
      const base::Context& context, const driver::TableChoice& choice) override;
  const schema::Dialect& dialect() const override;
  absl::StatusOr<std::unique_ptr<driver::TableLoad>> OpenTableLoad(
      const base::Context& context) override;
  absl::Status CheckTarget(const base::Context& context,
                           const driver::RestoreOptions& options) override;
  absl::Status Restore(const base::Context& context, const driver::RestoreOptions& options,
                       base::Reader& body) override;
  std::vector<verbs::LeftOut> left_out() const override { return left_out_; }
  absl::Status CheckIntegrity(const base::Context& context) override;
  absl::Status Close() override;

 private:
  // The session, reconnected if it was lost.
  absl::StatusOr<Session*> Open(const base::Context& context);
  absl::StatusOr<Session*> OpenForRestore(const base::Context& context,
                                          const driver::RestoreOptions& options);

  profile::ConnectionProfile profile_;
  Settings settings_;
  driver::Driver::Access access_;
  std::unique_ptr<Session> session_;
  absl::Status missing_;
  std::vector<verbs::LeftOut> left_out_;
  bool closed_ = false;
};

// A database that the first Restore() creates and Close() drops. The dump's code has no rights
// there, and siphon looks at the database with the same rights; see ScratchPlace. With
// RestoreOptions::trust it has the user's rights.
class ScratchConnection : public driver::Connection {
 public:
  ScratchConnection(profile::ConnectionProfile profile, Settings settings, std::string name,
                    std::unique_ptr<Session> server)
      : profile_(std::move(profile)),
        settings_(std::move(settings)),
        name_(std::move(name)),
        server_(std::move(server)) {}
  ~ScratchConnection() override { Close().IgnoreError(); }

  absl::StatusOr<driver::Identity> Identity(const base::Context& context) override;
  absl::StatusOr<driver::Schema> Inspect(const base::Context& context,
                                         const driver::InspectOptions& options) override;
  absl::Status Backup(const base::Context& context, const driver::BackupOptions& options,
                      driver::BackupTarget& target) override;
  absl::Status CheckTarget(const base::Context& context,
                           const driver::RestoreOptions& options) override;
  absl::Status Restore(const base::Context& context, const driver::RestoreOptions& options,
                       base::Reader& body) override;
  std::vector<verbs::LeftOut> left_out() const override { return left_out_; }
  absl::Status CheckIntegrity(const base::Context& context) override;
  absl::Status Close() override;

 private:
  absl::StatusOr<Session*> Open(const base::Context& context);
  // Drops what Restore() has created.
  absl::Status Drop();

  profile::ConnectionProfile profile_;
  Settings settings_;
  std::string name_;
  std::unique_ptr<Session> server_;   // Connected to the profile's own database.
  std::unique_ptr<Session> session_;  // Connected to the scratch database.
  std::vector<verbs::LeftOut> left_out_;
  bool created_ = false;   // The database may exist.
  bool has_role_ = false;  // Its owner is a temporary role, which may exist.
  bool restored_ = false;
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_CONNECTION_H_
