// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ROW_RANGES_H_
#define DRIVERS_POSTGRES_ROW_RANGES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// The list of columns in an entry's COPY statement, without its parentheses: `id, "b (c"`. Empty if
// it has none: a table without columns. errs::kIntegrity for another statement.
absl::StatusOr<std::string_view> ParseCopyColumns(const ArchiveEntry& entry);

// How the rows of an entry of the kind "TABLE DATA" are read. All texts are in the encoding of the
// archive.
struct TableRows {
  const ArchiveEntry* entry = nullptr;
  std::string table;      // "public"."items"
  std::string columns;    // As in ParseCopyColumns().
  std::string condition;  // "WHERE NOT built_in": a table of an extension that has only some rows.
  // The ranges of pages that are read one by one; the last range has no end.
  uint64_t parts = 1;
  int64_t pages = 0;  // Of a range; 0: the table is read in one piece.
};

// "COPY ... TO STDOUT" for a range, from 0.
std::string CopySql(const TableRows& rows, uint64_t part);
// "(0,0)-(2048,0)"; empty for a table that is read in one piece.
std::string RangeOf(const TableRows& rows, uint64_t part);

struct RangeLimits {
  int64_t bytes = 16 << 20;  // The size of a range on the server's disk, with TOAST.
};

// The tables with rows in `archive`, in its order. The session has locked them, and its
// client_encoding is the archive's.
//
// Only tables whose owner the user trusts are divided: a query, unlike COPY of a table, is planned,
// and planning may run functions of the table's indexes with the rights of the user (see
// CountRows()). The name of one that would otherwise be divided is added to `whole`.
absl::StatusOr<std::vector<TableRows>> DivideRows(const base::Context& context, Session& session,
                                                  const Archive& archive, const RangeLimits& limits,
                                                  std::vector<std::string>& whole);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ROW_RANGES_H_
