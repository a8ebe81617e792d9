// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_ROW_SCAN_H_
#define DRIVERS_SQLITE_ROW_SCAN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/schema.h"
#include "drivers/sqlite/snapshot.h"

namespace siphon::sqlite {

// The columns of an INSERT that stores a row unchanged, as SQL expressions: the rowid, unless a
// column is its alias, and all columns that are not generated. The rowid is missing if the table
// has as many columns as a statement may name.
std::vector<std::string> StoredColumns(const Table& table);

// Reads a table's rows in the order in which they are stored. Can release the table between two
// rows.
class RowScan {
 public:
  // `columns` are SQL expressions; database and table must outlive the scan.
  RowScan(Database* database, const Table* table, const std::vector<std::string>& columns);

  // The next row; false at the end.
  absl::StatusOr<bool> Next();
  // The current row: the requested columns, followed by others.
  const Statement& row() const { return *statement_; }
  // Resets the statement. Next() continues after the current row; the table must not have changed.
  absl::Status Suspend();

 private:
  struct FreeValue {
    void operator()(sqlite3_value* value) const { sqlite3_value_free(value); }
  };
  // How the position in the table is found again.
  enum class Key { kRowid, kColumns, kOffset };

  absl::Status Start();

  Database* database_;
  const Table* table_;
  Key key_;
  std::vector<std::string> key_columns_;
  std::string selected_;
  std::vector<int> key_indexes_;  // Of the key columns in the rows.
  std::optional<Statement> statement_;
  int64_t rows_ = 0;
  std::vector<std::unique_ptr<sqlite3_value, FreeValue>> last_;
};

// True if the whole database may be read without a pause: the snapshot needs no steps, or the
// database is small.
absl::StatusOr<bool> FitsOneStep(Snapshot& snapshot);

// The number of rows of a table that is not virtual. Counts in steps if the snapshot needs them.
absl::StatusOr<int64_t> CountRows(Snapshot& snapshot, const Table& table);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_ROW_SCAN_H_
