// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_TABLE_DUMP_H_
#define DRIVERS_MYSQLCOMMON_TABLE_DUMP_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/dump_script.h"
#include "drivers/mysqlcommon/row_format.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// How the rows of a table are read and written.
struct TablePlan {
  std::string select;                 // "SELECT `a`,`b`*1e0 FROM `t`"
  std::string insert;                 // "INSERT INTO `t` (`a`,`b`) VALUES"
  std::vector<ColumnFormat> columns;  // Of `insert`; empty when all columns are generated.
  bool history = false;               // Includes historical rows of a versioned table.
};
TablePlan PlanTable(const Table& table);
// An INSERT statement with one row, in the form of those that DumpRows() writes.
std::string SampleOf(const TablePlan& plan);
// FROM and WHERE clauses for the rows of a versioned table that a dump leaves out because their
// period is empty.
std::string FromUndumped(const Table& table);

// Approximate length of a statement with several rows, in bytes: below 1 MiB, the smallest
// max_allowed_packet in common use.
inline constexpr size_t kStatementSize = 1'000'000;

// A warning about the longest statement of a dump, which has `longest` bytes: it says which servers
// refuse the statement. Empty if a server with the source's max_allowed_packet (`max_packet`)
// accepts it.
std::string TooLongFor(size_t longest, uint64_t max_packet);
// A warning about the numbers of a column (DumpedRows::unfit); empty for none.
std::string UnfitIn(std::string_view column);

// The rows of a part of a table.
struct RowRange {
  // What follows the table's name in a SELECT statement: the index, the condition and the order
  // (key_ranges.h). Empty: all rows.
  std::string clauses = {};
  bool first = true, last = true;  // The range has the first rows, the last ones.
};

struct DumpedRows {
  int64_t rows = 0;
  size_t longest = 0;  // The longest statement, in bytes.
  std::string unfit;   // A column with numbers that no INSERT stores (InsertWriter::unfit).
};

// Writes the rows of a part of a table in the session's snapshot. What precedes and follows the
// table's rows is written with the first and the last part. The session's character_set_results
// must be NULL.
absl::StatusOr<DumpedRows> DumpRows(const base::Context& context, Session& session,
                                    const Table& table, const RowRange& range, DumpScript& script);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TABLE_DUMP_H_
