// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_CHECKSUM_H_
#define DRIVERS_MYSQLCOMMON_CHECKSUM_H_

#include <string>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// CHECKSUM TABLE as dumps::TableInfo has it, "MariaDB 11.8:3408350374": the value is not promised
// to be the same in another version. Of an InnoDB table it is that of the session's snapshot. Empty
// where the table's engine has none, where it is another one each time (MariaDB's of virtual
// columns), and where a dump leaves rows out (history that held for no time). Reads the whole
// table. `table` has its columns.
absl::StatusOr<std::string> TableChecksum(const base::Context& context, Session& session,
                                          const Table& table);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_CHECKSUM_H_
