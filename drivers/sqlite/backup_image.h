// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_BACKUP_IMAGE_H_
#define DRIVERS_SQLITE_BACKUP_IMAGE_H_

#include "absl/status/status.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/snapshot.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::sqlite {

// Writes the database's pages in order. The body is a database file
// (https://www.sqlite.org/fileformat2.html) that sqlite3 can open.
absl::Status BackupImage(Database& database, const base::Context& context,
                         const SnapshotLimits& limits, driver::BackupTarget& target);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_BACKUP_IMAGE_H_
