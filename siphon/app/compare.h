// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_COMPARE_H_
#define SIPHON_APP_COMPARE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"

namespace siphon::app {

struct CompareRequest {
  std::string from, to;                          // Names of profiles, or database URLs.
  std::vector<std::string> tables = {};          // Exact names in the first one; empty: all.
  std::vector<std::string> exclude_tables = {};  // The same.
  size_t limit = 10;                             // The most keys that are named for each table.
};

struct ComparedTable {
  std::string name;  // In the first database.
  int64_t from_rows = 0, to_rows = 0;
  bool same_rows = false;  // In all columns that both have.
  // Columns that only one database has, for people: "note only in shop".
  std::vector<std::string> columns = {};
  // Rows that differ, by their primary keys, at most CompareRequest::limit: "7 differs", "8 only in
  // shop". Empty for a table without a primary key.
  std::vector<std::string> keys = {};

  bool same() const { return same_rows && columns.empty(); }
};

struct CompareResult {
  std::string from, to;  // The names of the profiles.
  std::vector<ComparedTable> tables;
  std::vector<std::string> only_from, only_to;  // Tables.
  absl::Duration elapsed;

  bool same() const;
};

// Compares the tables of two databases, of one engine or of two: columns by name, and rows in any
// order, by the values that schema::Comparison describes. Each database is read in one state.
// Changes nothing.
absl::StatusOr<CompareResult> Compare(const base::Context& context, Session& session,
                                      const CompareRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_COMPARE_H_
