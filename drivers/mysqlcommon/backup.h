// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_BACKUP_H_
#define DRIVERS_MYSQLCOMMON_BACKUP_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/snapshot.h"

namespace siphon::mysqlcommon {

// Opens another session like the first one, with at most `attempts` attempts.
using Connector = std::function<absl::StatusOr<std::unique_ptr<Session>>(
    const base::Context& context, int attempts)>;

// The size of a part of a table, before compression, in bytes. Parts that are not the next of the
// body wait in a window of 16 MiB, compressed.
inline constexpr int64_t kPartBytes = int64_t{4} << 20;

// Opens a snapshot of the session's database. Its body is SQL that siphon and the engine's own
// client can read: tables with their rows in one consistent state, then routines, views, triggers
// and events. options.jobs sessions read it, if they can share one state (shared_snapshot.h).
//
// The items of the body are "head" (settings, sequences), one for each table, in their order, and
// "tail". The item of a table has its definition and its rows. With several sessions, a big table
// of InnoDB has several parts: ranges of its primary or unique key.
//
// Changes the settings of `session`, which must outlive the snapshot.
absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenBackup(const base::Context& context,
                                                             Session& session, Connector connect,
                                                             const driver::BackupOptions& options,
                                                             int64_t part_bytes = kPartBytes);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_BACKUP_H_
