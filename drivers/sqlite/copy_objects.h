// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_COPY_OBJECTS_H_
#define DRIVERS_SQLITE_COPY_OBJECTS_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "drivers/sqlite/database.h"
#include "siphon/base/context.h"

namespace siphon::sqlite {

struct CopyPlan {
  std::vector<std::string> tables;  // Names and patterns; empty: all tables of the source.
  std::vector<std::string> exclude_tables = {};
  // Limits the source's tables to these, and to the virtual tables whose shadow tables these are.
  // std::nullopt: all tables.
  std::optional<std::set<std::string>> held;
  bool schema = true;  // Definitions: tables with their indexes and triggers, views.
  bool rows = true;
  // Drop objects that have the name of a copied object; with rows alone, delete their rows. Without
  // `clean`, errs::kTargetNotEmpty for a table that exists, or with rows alone, that has rows.
  bool clean = false;
  // Copy the planner's statistics even if the target has none.
  bool statistics = false;
};

// Copies from one open database into another in one transaction of the target; a failure leaves the
// target unchanged. Both databases must be in a Scope, the target must be writable. Warns about
// rows that violate a foreign key, or a CHECK of a table that is not copied, afterwards.
absl::Status CopyObjects(const base::Context& context, Database& source, Database& target,
                         const CopyPlan& plan);

// Creates the tables of `source` in an empty database, without indexes and triggers, so that a
// script of rows alone can run there.
absl::Status CopyTableDefinitions(Database& source, Database& target);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_COPY_OBJECTS_H_
