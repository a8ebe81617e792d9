// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_REGRESSION_PLAIN_DUMP_H_
#define TESTING_REGRESSION_PLAIN_DUMP_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace siphon::testing {

// A dump in plain text by `pg_dump --restrict-key=...` of PostgreSQL 18, cut into the entries of
// its table of contents and sorted. Two dumps of the same content are then equal, in whatever order
// pg_dump has written the objects. The entries contain the whole dump, with COPY data complete and
// in its order, except:
//
// * Empty lines at the end of an entry, and the dump's last lines, say nothing.
// * pg_dump sets default_tablespace and default_table_access_method between two entries where they
//   differ. That depends on the order; each entry that is created by them is given their values
//   instead.
// * A table that inherits (INHERITS) has, when it is restored, the columns of its parents first,
//   whatever ALTER TABLE had done before. In its CREATE TABLE the columns are sorted, and in its
//   COPY by name, the fields of the rows with them.
//
// An error for a text that is no such dump, or one that is cut off.
absl::StatusOr<std::vector<std::string>> SortedDump(std::string_view dump);

// The entries, sorted as SortedDump() returns them, that only one of the two has, as text for a
// person: the first `limit` of each, their first lines. Empty when all are the same.
std::string CompareDumps(const std::vector<std::string>& one, const std::vector<std::string>& other,
                         size_t limit = 10);

}  // namespace siphon::testing

#endif  // TESTING_REGRESSION_PLAIN_DUMP_H_
