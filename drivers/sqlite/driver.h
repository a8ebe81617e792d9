// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_DRIVER_H_
#define DRIVERS_SQLITE_DRIVER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/snapshot.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/increments.h"
#include "siphon/driver/restoration.h"

namespace siphon::sqlite {

// The driver for SQLite 3 databases. Body formats: "image", the database file itself (the default),
// and "sql", a script for sqlite3 (the default when tables, definitions or rows are selected). An
// increment has the pages that differ (pages.h).
class SqliteDriver : public driver::Driver,
                     public driver::ExcerptFormat,
                     public driver::IncrementFormat {
 public:
  // `limits` limit how long a backup blocks writers, and how long it waits for them.
  explicit SqliteDriver(const SnapshotLimits& limits = SnapshotLimits()) : limits_(limits) {}

  std::string_view name() const override { return "sqlite"; }
  driver::Capabilities capabilities() const override;
  std::string version() const override;
  absl::StatusOr<std::unique_ptr<driver::Connection>> Connect(
      const base::Context& context, const profile::ConnectionProfile& profile,
      Access access) override;
  absl::StatusOr<std::unique_ptr<driver::Connection>> OpenScratchOn(
      const base::Context& context, const profile::ConnectionProfile& profile) override;
  absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context,
                                                const driver::DeepVerifyOptions& options,
                                                base::Reader& body) override;
  absl::StatusOr<driver::VerifyReport> VerifyBody(const base::Context& context,
                                                  base::Reader& body) override;
  absl::Status CheckBackupOptions(const driver::BackupOptions& options) override;
  absl::StatusOr<std::unique_ptr<base::Reader>> OpenExcerpt(
      const base::Context& context, const driver::ExcerptOptions& options,
      const driver::FramedBody& body) override;
  std::string_view increment_format() const override { return dumps::kFormatPages; }
  absl::StatusOr<std::unique_ptr<base::Reader>> OpenChain(
      const base::Context& context, std::vector<driver::ChainMember> members) override;
  absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenStateSnapshot(
      const base::Context& context, std::unique_ptr<base::Reader> state,
      dumps::Contents contents) override;
  absl::Status VerifyIncrement(const base::Context& context, base::Reader& body) override;

 private:
  SnapshotLimits limits_;
};

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_DRIVER_H_
