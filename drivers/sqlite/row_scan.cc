// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/row_scan.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/sqlite/sql_text.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

// A database of up to this size is counted or checked in one step.
constexpr int64_t kAtOnce = int64_t{16} << 20;
// Number of rows counted between two checks of the clock; each may be on a separate page.
constexpr int kCountChunk = 4096;
// The most columns of a table or a result: SQLITE_MAX_COLUMN, unless SQLite was built with another
// value.
constexpr size_t kMostColumns = 2000;

}  // namespace

std::vector<std::string> StoredColumns(const Table& table) {
  std::vector<std::string> columns;
  const bool has_rowid = !table.rowid.empty() && !table.rowid_is_column;
  if (has_rowid && table.columns.size() < kMostColumns) columns.push_back(table.rowid);
  for (const std::string& column : table.columns) columns.push_back(QuoteIdentifier(column));
  return columns;
}

RowScan::RowScan(Database* database, const Table* table, const std::vector<std::string>& columns)
    : database_(database), table_(table), key_(Key::kOffset) {
  if (!table->rowid.empty()) {
    key_ = Key::kRowid;
    key_columns_ = {table->rowid};
  } else if (!table->simple_key.empty()) {
    key_ = Key::kColumns;
    for (const std::string& column : table->simple_key) {
      key_columns_.push_back(QuoteIdentifier(column));
    }
  }
  std::vector<std::string> selected = columns;
  for (const std::string& column : key_columns_) {
    const auto found = std::find(selected.begin(), selected.end(), column);
    key_indexes_.push_back(static_cast<int>(found - selected.begin()));
    if (found == selected.end()) selected.push_back(column);
  }
  if (selected.size() > kMostColumns) {
    // No room for the key.
    key_ = Key::kOffset;
    key_columns_.clear();
    selected = columns;
  }
  if (selected.empty()) selected.push_back("NULL");
  selected_ = absl::StrJoin(selected, ", ");
}

absl::Status RowScan::Start() {
  // NOT INDEXED: a covering index would return the rows in its own order.
  std::string sql = absl::StrCat("SELECT ", selected_, " FROM main.", QuoteIdentifier(table_->name),
                                 table_->without_rowid ? "" : " NOT INDEXED");
  const std::string keys = absl::StrJoin(key_columns_, ", ");
  if (!last_.empty()) {
    std::vector<std::string> marks;
    for (size_t i = 1; i <= last_.size(); ++i) marks.push_back(absl::StrCat("?", i));
    absl::StrAppend(&sql, " WHERE (", keys, ") > (", absl::StrJoin(marks, ", "), ")");
  }
  if (key_ != Key::kOffset) {
    absl::StrAppend(&sql, " ORDER BY ", keys);
  } else if (rows_ > 0) {
    absl::StrAppend(&sql, " LIMIT -1 OFFSET ", rows_);
  }
  ASSIGN_OR_RETURN(statement_, database_->Prepare(sql));
  for (size_t i = 0; i < last_.size(); ++i) {
    statement_->BindValue(static_cast<int>(i) + 1, last_[i].get());
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> RowScan::Next() {
  if (!statement_.has_value()) RETURN_IF_ERROR(Start());
  ASSIGN_OR_RETURN(const bool row, statement_->Step());
  if (row) ++rows_;
  return row;
}

absl::Status RowScan::Suspend() {
  if (!statement_.has_value()) return absl::OkStatus();
  last_.clear();
  if (rows_ > 0) {
    for (size_t i = 0; i < key_columns_.size(); ++i) {
      sqlite3_value* const copy = sqlite3_value_dup(statement_->Value(key_indexes_[i]));
      if (copy == nullptr) return database_->Error(SQLITE_NOMEM);
      last_.emplace_back(copy);
    }
  }
  statement_.reset();
  return absl::OkStatus();
}

namespace {

// In steps: the rows of a table with rowids, some thousands at a time.
absl::StatusOr<int64_t> CountByRowid(Snapshot& snapshot, const Table& table) {
  ASSIGN_OR_RETURN(Statement chunk,
                   snapshot.database().Prepare(absl::StrCat(
                       "SELECT count(*), max(r) FROM (SELECT ", table.rowid, " AS r FROM main.",
                       QuoteIdentifier(table.name), " NOT INDEXED WHERE ", table.rowid,
                       " >= ?1 ORDER BY ", table.rowid, " LIMIT ", kCountChunk, ")")));
  int64_t total = 0;
  int64_t from = std::numeric_limits<int64_t>::min();
  while (true) {
    chunk.BindInt(1, from);
    RETURN_IF_ERROR(chunk.Step().status());
    const int64_t rows = chunk.Int(0);
    const int64_t last = chunk.Int(1);
    chunk.Reset();
    total += rows;
    if (rows < kCountChunk || last == std::numeric_limits<int64_t>::max()) return total;
    from = last + 1;
    RETURN_IF_ERROR(snapshot.database().CheckContext());
    if (snapshot.Due()) {
      RETURN_IF_ERROR(snapshot.Pause());
      RETURN_IF_ERROR(snapshot.Resume());
    }
  }
}

absl::StatusOr<int64_t> CountAtOnce(Database& database, const Table& table) {
  const std::string count = absl::StrCat("SELECT count(*) FROM main.", QuoteIdentifier(table.name));
  absl::StatusOr<int64_t> rows = database.QueryInt(count);
  if (rows.ok() || table.without_rowid || !errs::Is(rows.status(), errs::kDatabase)) return rows;
  // The index for counting needs a collation that only another program defines.
  return database.QueryInt(absl::StrCat(count, " NOT INDEXED"));
}

absl::StatusOr<int64_t> CountByScan(Snapshot& snapshot, const Table& table) {
  RowScan scan(&snapshot.database(), &table, {});
  for (int64_t total = 0;; ++total) {
    if (snapshot.Due()) {
      RETURN_IF_ERROR(scan.Suspend());
      RETURN_IF_ERROR(snapshot.Pause());
      RETURN_IF_ERROR(snapshot.Resume());
    }
    ASSIGN_OR_RETURN(const bool row, scan.Next());
    if (!row) return total;
  }
}

}  // namespace

absl::StatusOr<bool> FitsOneStep(Snapshot& snapshot) {
  if (!snapshot.stepping()) return true;
  Database& database = snapshot.database();
  ASSIGN_OR_RETURN(const int64_t pages, database.QueryInt("PRAGMA main.page_count"));
  ASSIGN_OR_RETURN(const int64_t page_size, database.QueryInt("PRAGMA main.page_size"));
  return pages <= kAtOnce / page_size;
}

absl::StatusOr<int64_t> CountRows(Snapshot& snapshot, const Table& table) {
  ASSIGN_OR_RETURN(const bool at_once, FitsOneStep(snapshot));
  if (at_once) return CountAtOnce(snapshot.database(), table);
  return table.rowid.empty() ? CountByScan(snapshot, table) : CountByRowid(snapshot, table);
}

}  // namespace siphon::sqlite
