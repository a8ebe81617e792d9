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

// Where a snapshot stands in the server's binary log.
struct Position {
  std::string file;  // Empty: not known, `why_not` says why.
  uint64_t offset = 0;
  std::string gtid;     // MySQL's gtid_executed, MariaDB's position of GTIDs; may be empty.
  std::string why_not;  // For people.
};

// Opens a transaction on the session that sees one state of all transactional tables, and tells
// where in the binary log that state is. MariaDB knows the place of a snapshot by itself. MySQL
// does not: there commits are held up (FLUSH TABLES WITH READ LOCK) for the moment in which the
// snapshot opens, which the user may lack the right for, or the server the quiet; then the position
// is not known.
absl::StatusOr<Position> OpenSnapshot(const base::Context& context, Session& session);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SNAPSHOT_H_
