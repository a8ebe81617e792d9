// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SELECTION_H_
#define DRIVERS_MYSQLCOMMON_SELECTION_H_

#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// The part of a catalogue that a backup contains. The pointers lead into the catalogue.
struct Selection {
  std::vector<const Table*> tables, views, sequences;
  std::vector<const StoredObject*> objects;  // Without the triggers of tables that are left out.
  std::map<const Table*, bool> with_rows;    // For every table, view and sequence selected.
};

// Selects by the options. errs::kNotFound for a name or pattern that matches nothing.
absl::StatusOr<Selection> Select(const Catalog& catalog, const driver::BackupOptions& options);

// What a restore replaces in its target.
enum class Extent {
  kDatabase,  // Everything.
  kTables,    // The tables that the options name, with their triggers.
  kDump       // What the dump holds, because it is of some tables (dumps::kScopeAnnotation).
};
Extent ExtentOf(const driver::RestoreOptions& options);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SELECTION_H_
