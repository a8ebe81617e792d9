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

// The result of CHECKSUM TABLE in the form of dumps::TableInfo, "MariaDB 11.8:3408350374"; values
// of different versions cannot be compared. For an InnoDB table it is the checksum of the session's
// snapshot. Reads the whole table. `table` must have its columns. Empty where a restored table
// would have another checksum:
//   the table's engine has none;
//   MariaDB returns a different one each time for a table with virtual columns;
//   a dump leaves out rows of a versioned table that were never visible (FromUndumped());
//   the server adds a primary key of its own to tables that have none.
absl::StatusOr<std::string> TableChecksum(const base::Context& context, Session& session,
                                          const Table& table);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_CHECKSUM_H_
