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
  std::vector<std::string> tables;  // Names and patterns; empty: everything the source holds.
  // What of the source's tables counts as held: these and, of virtual tables, those whose shadow
  // tables these are. Nothing: all.
  std::optional<std::set<std::string>> held;
  bool schema = true;  // Definitions: tables with their indexes and triggers, views.
  bool rows = true;
  // Replace: drop what has the name of a copied object, or with rows alone, delete its rows.
  // Without it a table that exists, or with rows alone, has rows, is errs::kTargetNotEmpty.
  bool clean = false;
};

// Copies from one open database into another in one transaction of the target, which is as it was
// when this fails. Both must be in a Scope, the target writable. Rows that break a foreign key
// afterwards are a warning.
absl::Status CopyObjects(const base::Context& context, Database& source, Database& target,
                         const CopyPlan& plan);

// Makes, in an empty database, the tables of `source` without anything on them: what a script of
// rows alone can be run on.
absl::Status CopyTableDefinitions(Database& source, Database& target);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_COPY_OBJECTS_H_
