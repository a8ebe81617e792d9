// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/table_splitter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/dumper.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

// The server's statistics may be wrong by any factor. So the first range of a table has at least so
// many rows, and each one at most so many.
constexpr int64_t kFirstRows = 1000;
constexpr int64_t kMostRows = 1'000'000;
// If a key has at most so many values for each row, ranges of equal length are good enough, and the
// server need not look for their bounds, which costs half as much as reading the rows.
constexpr int64_t kMostGaps = 4;

}  // namespace

absl::StatusOr<bool> TableSplitter::Begin(const base::Context& context, const Table& table) {
  // Another engine has no snapshot, or its rows have another order. History has no key of its own.
  const bool splits = absl::EqualsIgnoreCase(table.engine, "InnoDB") && !table.versioned &&
                      table.data_bytes > part_bytes_ / 2 * 3;
  if (!splits) return false;
  const Session::Watch watch(context, session_);
  RETURN_IF_ERROR(session_.Execute(context, "START TRANSACTION"));
  RETURN_IF_ERROR(OpenTable(context, session_, table));
  table_ = &table;
  after_.reset();
  ASSIGN_OR_RETURN(key_, FindSplitKey(context, session_, database_, table));
  if (key_.has_value()) {
    RETURN_IF_ERROR(FindNumbers(context));
    return true;
  }
  context.Detail("backup", absl::StrCat("table ", ToUtf8(table.name),
                                        " is read by one connection: it has no primary or unique"
                                        " key by whose ranges it could be split"));
  RETURN_IF_ERROR(session_.Execute(context, "COMMIT"));
  return false;
}

absl::Status TableSplitter::FindNumbers(const base::Context& context) {
  numbers_.reset();
  if (key_->columns.size() != 1 || key_->columns[0].kind != KeyColumn::Kind::kNumber) {
    return absl::OkStatus();
  }
  const std::string name = QuoteName(key_->columns[0].name);
  ASSIGN_OR_RETURN(const Rows rows,
                   session_.Query(context, absl::StrCat("SELECT MIN(", name, "), MAX(", name,
                                                        ") FROM ", QuoteName(table_->name))));
  Numbers numbers;
  // Decimal numbers and those from 2^63 on are none.
  if (rows.empty() || !absl::SimpleAtoi(Text(rows[0], 0), &numbers.next) ||
      !absl::SimpleAtoi(Text(rows[0], 1), &numbers.last) || numbers.next > numbers.last) {
    return absl::OkStatus();
  }
  const uint64_t values = static_cast<uint64_t>(numbers.last) - static_cast<uint64_t>(numbers.next);
  const auto count = static_cast<uint64_t>(std::max<int64_t>(table_->rows, 1));
  if (values / count >= kMostGaps) return absl::OkStatus();
  numbers.for_each_row = std::max<int64_t>(static_cast<int64_t>((values + count / 2) / count), 1);
  numbers_ = numbers;
  return absl::OkStatus();
}

std::optional<KeyValue> TableSplitter::NextNumber(int64_t rows) {
  const int64_t values = rows * numbers_->for_each_row;
  const uint64_t left =
      static_cast<uint64_t>(numbers_->last) - static_cast<uint64_t>(numbers_->next);
  if (left < static_cast<uint64_t>(values)) return std::nullopt;
  const int64_t until = numbers_->next + values - 1;
  numbers_->next = until + 1;
  return KeyValue{absl::StrCat(until)};
}

absl::StatusOr<TableSplitter::Piece> TableSplitter::Next(const base::Context& context,
                                                         const Seen& seen) {
  ASSIGN_OR_RETURN(std::optional<KeyValue> until, NextBound(context, seen));
  const KeyValue* const from = after_.has_value() ? &*after_ : nullptr;
  const KeyValue* const to = until.has_value() ? &*until : nullptr;
  Piece piece;
  piece.range = {
      .clauses = RangeClauses(*key_, from, to), .first = from == nullptr, .last = to == nullptr};
  piece.description = DescribeRange(*key_, from, to);
  after_ = std::move(until);
  return piece;
}

absl::StatusOr<std::optional<KeyValue>> TableSplitter::NextBound(const base::Context& context,
                                                                 const Seen& seen) {
  const bool known = seen.rows > 0 && seen.bytes > 0;
  const int64_t row = known ? static_cast<int64_t>(seen.bytes) / seen.rows
                            : table_->data_bytes / std::max<int64_t>(table_->rows, 1);
  const int64_t rows = std::clamp<int64_t>(part_bytes_ / std::max<int64_t>(row, 1),
                                           known ? 1 : kFirstRows, kMostRows);
  if (numbers_.has_value()) return NextNumber(rows);
  const Session::Watch watch(context, session_);
  absl::StatusOr<std::optional<KeyValue>> bound = NextBoundary(
      context, session_, *table_, *key_, after_.has_value() ? &*after_ : nullptr, rows);
  // What is left is one range then.
  if (errs::Is(bound.status(), errs::kDatabase)) {
    context.Detail("backup", absl::StrCat("table ", ToUtf8(table_->name),
                                          " is not split further: ", bound.status().message()));
    return std::nullopt;
  }
  return bound;
}

absl::Status TableSplitter::End(const base::Context& context) {
  const Session::Watch watch(context, session_);
  return session_.Execute(context, "COMMIT");
}

}  // namespace siphon::mysqlcommon
