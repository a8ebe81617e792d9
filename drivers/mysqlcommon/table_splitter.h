// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_TABLE_SPLITTER_H_
#define DRIVERS_MYSQLCOMMON_TABLE_SPLITTER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/key_ranges.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/table_dump.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// Splits the rows of big tables into ranges of a key, one table at a time. Uses a session of its
// own, which needs no snapshot: it looks only for the bounds, and keeps others from altering the
// table until the last range was opened. Used by one thread at a time.
class TableSplitter {
 public:
  // `part_bytes`: the size of a part, before compression; a table is split if it is larger than
  // 1.5 times that.
  TableSplitter(Session* session, std::string database, int64_t part_bytes)
      : session_(*session), database_(std::move(database)), part_bytes_(part_bytes) {}

  // Begins a table. False if it is not split. errs::kBusy as OpenTable().
  absl::StatusOr<bool> Begin(const base::Context& context, const Table& table);

  // What is known of rows of the table that were read before.
  struct Seen {
    int64_t rows = 0;
    uint64_t bytes = 0;
  };
  struct Piece {
    RowRange range = {};
    std::string description = {};  // For the index of the dump; may be empty.
  };
  // The next range of the table. The last one has range.last.
  absl::StatusOr<Piece> Next(const base::Context& context, const Seen& seen);

  // Others may alter the table, as far as this session is concerned.
  absl::Status End(const base::Context& context);

 private:
  // Sets numbers_ if the key is one integer without large gaps.
  absl::Status FindNumbers(const base::Context& context);
  // The bound of the next range; nothing for the last one.
  absl::StatusOr<std::optional<KeyValue>> NextBound(const base::Context& context, const Seen& seen);
  // The same, computed from numbers_.
  std::optional<KeyValue> NextNumber(int64_t rows);

  Session& session_;
  const std::string database_;
  const int64_t part_bytes_;
  const Table* table_ = nullptr;
  std::optional<SplitKey> key_;
  std::optional<KeyValue> after_;
  // The values of a key of one integer.
  struct Numbers {
    int64_t next = 0;  // The first one that is in no range yet.
    int64_t last = 0;
    int64_t for_each_row = 1;  // Values for each row, on average.
  };
  std::optional<Numbers> numbers_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TABLE_SPLITTER_H_
