// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SNAPSHOT_H_
#define DRIVERS_MYSQLCOMMON_SNAPSHOT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// Position of a snapshot in the server's binary log.
struct Position {
  std::string file;  // Empty when the position is unknown; `why_not` has the reason.
  uint64_t offset = 0;
  std::string gtid;     // MySQL: gtid_executed; MariaDB: the GTID position. May be empty.
  std::string why_not;  // For messages.
};

// Opens a transaction on the session that sees one state of all transactional tables, and returns
// the position of that state in the binary log. MariaDB reports the position of a snapshot itself.
// For MySQL, commits are blocked (FLUSH TABLES WITH READ LOCK) while the snapshot opens. If the
// user lacks the right to do that, or running statements prevent it, the position is unknown.
absl::StatusOr<Position> OpenSnapshot(const base::Context& context, Session& session);

inline constexpr std::string_view kBeginSnapshot = "START TRANSACTION WITH CONSISTENT SNAPSHOT";
// How long to wait for running statements to release a lock. New statements of other sessions wait
// as long.
inline constexpr std::string_view kLockWait = "SET SESSION lock_wait_timeout=2";
inline constexpr std::string_view kUsualWait = "SET SESSION lock_wait_timeout=86400";

// The position of a snapshot that `session` has opened. For MySQL, it is that of the server, read
// by `locker`, which blocks commits since before the snapshot opened; null if nothing does.
absl::StatusOr<Position> PositionOf(const base::Context& context, Session& session,
                                    Session* locker);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SNAPSHOT_H_
