// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_BTREE_ESTIMATE_H_
#define DRIVERS_SQLITE_BTREE_ESTIMATE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"

namespace siphon::sqlite {

// Size and number of rows of a b-tree (https://www.sqlite.org/fileformat2.html, section 1.6).
struct BtreeSize {
  int64_t bytes = 0;  // All its pages, including overflow pages.
  int64_t rows = 0;
  bool exact = false;
};

// Reads every page of the b-tree of a table or an index. `rows_in_all_pages` is true for indexes
// and tables WITHOUT ROWID, whose inner pages contain rows, too.
absl::StatusOr<BtreeSize> MeasureBtree(Database& database, std::string_view name,
                                       bool rows_in_all_pages);

// Reads several hundred pages, independent of the size: walks from the root to a leaf along random
// branches. The product of the fan-outs on the way is an unbiased estimate of the number of leaves
// (Knuth 1975). Exact when the root is a leaf. errs::kIntegrity for invalid pages.
absl::StatusOr<BtreeSize> EstimateBtree(Database& database, int64_t root);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_BTREE_ESTIMATE_H_
