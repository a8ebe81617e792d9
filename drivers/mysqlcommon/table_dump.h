// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_TABLE_DUMP_H_
#define DRIVERS_MYSQLCOMMON_TABLE_DUMP_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/row_format.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// How a table's rows are read and written.
struct TablePlan {
  std::string select;                 // "SELECT `a`,`b`*1e0 FROM `t`"
  std::string insert;                 // "INSERT INTO `t` (`a`,`b`) VALUES"
  std::vector<ColumnFormat> columns;  // Of the insert; empty for a table that stores none.
  bool history = false;               // With the rows of the past, for which the session is set.
};
TablePlan PlanTable(const Table& table);
// The FROM and WHERE of the rows of a versioned table that a dump leaves out: history that held for
// no time.
std::string FromUndumped(const Table& table);

// About how long a statement with several rows gets, in bytes: within the least max_allowed_packet
// that servers are commonly given (1 MiB), and long enough for any server.
inline constexpr size_t kStatementSize = 1'000'000;

// Writes the rows of a table as the session's snapshot has them; returns how many. The session's
// character_set_results is NULL.
absl::StatusOr<int64_t> DumpRows(const base::Context& context, Session& session, const Table& table,
                                 DumpOutput& output);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TABLE_DUMP_H_
