// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_COPY_TABLES_H_
#define SIPHON_APP_COPY_TABLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/schema/plan.h"

namespace siphon::app {

struct CopyTablesRequest {
  std::string from, to;                          // Names of profiles, or database URLs.
  std::vector<std::string> tables = {};          // Exact names; empty: all.
  std::vector<std::string> exclude_tables = {};  // Exact names.
  bool schema_only = false;
  bool allow_lossy = false;
  bool plan_only = false;  // Changes nothing.
  bool assume_yes = false;
};

struct CopyTablesResult {
  std::string from, to;                // The names of the profiles.
  std::string from_engine, to_engine;  // "SQLite".
  schema::Plan plan;
  std::vector<std::string> ddl;  // The statements at the target, in their order.
  // The number of rows of each table of the plan; empty for a plan only.
  std::vector<int64_t> rows;
  absl::Duration elapsed;
};

// True if both profiles are of engines between which Sync() copies no dump: then CopyTables()
// copies.
absl::StatusOr<bool> NeedsTableCopy(const Session& session, const std::string& from,
                                    const std::string& to);

// Copies the tables of a database into an empty one of another engine. First makes the plan, and
// reads the values on which it depends; errs::kDriverUnsupported for a plan that is refused, or
// that loses something without `allow_lossy`. Nothing of the copy is left after a failure.
absl::StatusOr<CopyTablesResult> CopyTables(const base::Context& context, Session& session,
                                            const CopyTablesRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_COPY_TABLES_H_
