// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_SELECTION_H_
#define DRIVERS_SQLITE_SELECTION_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/sqlite/schema.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::sqlite {

struct SelectedTable {
  const Table* table = nullptr;  // kOrdinary or kVirtual.
  bool rows = true;              // Its rows are selected, too.
};

// The part of a catalogue that a backup or restore contains. The pointers lead into the catalogue.
struct Selection {
  std::vector<SelectedTable> tables;
  // Views, and the indexes and triggers of the selected tables and views.
  std::vector<const Object*> objects;
  // False when everything was selected, with or without rows.
  bool partial = false;
};

// Select by name, ignoring ASCII case; a name that no table or view has is a GLOB pattern.
// errs::kNotFound for a name or pattern that matches nothing, errs::kInvalidArgument for a table
// that belongs to another one (a virtual table's shadow table, sqlite_sequence).
absl::StatusOr<Selection> SelectForBackup(const Catalog& catalog,
                                          const verbs::BackupOptions& options,
                                          std::string_view operation);
absl::StatusOr<Selection> SelectForRestore(const Catalog& catalog,
                                           const std::vector<std::string>& names,
                                           const std::vector<std::string>& excluded,
                                           std::string_view operation);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_SELECTION_H_
