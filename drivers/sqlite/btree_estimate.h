// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_BTREE_ESTIMATE_H_
#define DRIVERS_SQLITE_BTREE_ESTIMATE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"

namespace siphon::sqlite {

// What a b-tree (https://www.sqlite.org/fileformat2.html, section 1.6) takes and holds.
struct BtreeSize {
  int64_t bytes = 0;  // Of all its pages, the overflow pages included.
  int64_t rows = 0;
  bool exact = false;
};

// Reads every page of the b-tree of a table or an index. `rows_in_all_pages` is true for indexes
// and tables WITHOUT ROWID, whose inner pages hold rows, too.
absl::StatusOr<BtreeSize> MeasureBtree(Database& database, std::string_view name,
                                       bool rows_in_all_pages);

// Looks at some hundred pages, however many there are: walks from the root to a leaf along random
// branches; the product of the fan-outs on the way is an unbiased estimate of the number of leaves
// (Knuth 1975). Exact when the root is a leaf. errs::kIntegrity for pages that make no sense.
absl::StatusOr<BtreeSize> EstimateBtree(Database& database, int64_t root);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_BTREE_ESTIMATE_H_
