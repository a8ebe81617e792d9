// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_CONNECTION_H_
#define DRIVERS_SQLITE_CONNECTION_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/snapshot.h"
#include "drivers/sqlite/target.h"
#include "siphon/base/context.h"
#include "siphon/domain/schema/ddl.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/increments.h"
#include "siphon/driver/snapshot.h"
#include "siphon/driver/table_copy.h"

namespace siphon::sqlite {

// An error for options that contradict each other or the format. Does not check capabilities.
absl::Status CheckFormat(const driver::BackupOptions& options);

// A connection to a database file.
class FileConnection : public driver::Connection,
                       public driver::SnapshotSource,
                       public driver::IncrementSource,
                       public driver::TableSource,
                       public driver::TableTarget {
 public:
  // `database` is null for a target that does not exist yet.
  FileConnection(Target target, driver::Driver::Access access, std::unique_ptr<Database> database,
                 const SnapshotLimits& limits)
      : target_(std::move(target)),
        access_(access),
        database_(std::move(database)),
        limits_(limits) {}

  absl::StatusOr<driver::Identity> Identity(const base::Context& context) override;
  absl::StatusOr<driver::Schema> Inspect(const base::Context& context,
                                         const driver::InspectOptions& options) override;
  absl::Status Backup(const base::Context& context, const driver::BackupOptions& options,
                      driver::BackupTarget& target) override;
  absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenSnapshot(
      const base::Context& context, const driver::BackupOptions& options) override;
  absl::Status BackupIncrement(const base::Context& context, const driver::BackupOptions& options,
                               const driver::IncrementOptions& increment,
                               driver::BackupTarget& target) override;
  absl::Status CheckTarget(const base::Context& context,
                           const driver::RestoreOptions& options) override;
  absl::Status Restore(const base::Context& context, const driver::RestoreOptions& options,
                       base::Reader& body) override;
  absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> OpenTables(
      const base::Context& context, const driver::TableChoice& choice) override;
  const schema::Dialect& dialect() const override;
  absl::StatusOr<std::unique_ptr<driver::TableLoad>> OpenTableLoad(
      const base::Context& context) override;
  absl::Status CheckIntegrity(const base::Context& context) override;
  absl::Status Close() override;

 private:
  absl::StatusOr<Database*> Open(const base::Context& context);
  // The checks of a restore that do not need the target.
  absl::Status CheckRestore(const base::Context& context, const driver::RestoreOptions& options);

  Target target_;
  driver::Driver::Access access_;
  std::unique_ptr<Database> database_;
  SnapshotLimits limits_;
  bool closed_ = false;
};

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_CONNECTION_H_
