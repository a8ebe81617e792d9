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

// What of a catalogue a backup or a restore is about. The pointers lead into the catalogue.
struct Selection {
  struct Choice {
    const Table* table = nullptr;  // kOrdinary or kVirtual.
    bool rows = true;
  };
  std::vector<Choice> tables;
  // Views, and the indexes and triggers of the chosen tables and views.
  std::vector<const Object*> objects;
  // False when everything was chosen, whether or not with its rows.
  bool partial = false;
};

// Names are SQLite's (ASCII case is ignored); one that is no name of a table or view is a GLOB
// pattern. errs::kNotFound for what matches nothing, errs::kInvalidArgument for a table that
// belongs to another (a virtual table's shadow, sqlite_sequence).
absl::StatusOr<Selection> SelectForBackup(const Catalog& catalog,
                                          const verbs::BackupOptions& options,
                                          std::string_view operation);
absl::StatusOr<Selection> SelectForRestore(const Catalog& catalog,
                                           const std::vector<std::string>& names,
                                           std::string_view operation);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_SELECTION_H_
