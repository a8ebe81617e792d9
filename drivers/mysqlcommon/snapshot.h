// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SNAPSHOT_H_
#define DRIVERS_MYSQLCOMMON_SNAPSHOT_H_

#include <cstdint>
#include <string>

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

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SNAPSHOT_H_
