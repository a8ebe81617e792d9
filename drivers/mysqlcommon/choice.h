// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_CHOICE_H_
#define DRIVERS_MYSQLCOMMON_CHOICE_H_

#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// What of a catalogue, which must outlive it, a backup is to hold.
struct Choice {
  std::vector<const Table*> tables, views, sequences;
  std::vector<const StoredObject*> objects;  // Without triggers of tables that are left out.
  std::map<const Table*, bool> with_rows;    // Of all three kinds.
};

// errs::kNotFound for a name or pattern that means nothing there.
absl::StatusOr<Choice> Choose(const Catalog& catalog, const driver::BackupOptions& options);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_CHOICE_H_
