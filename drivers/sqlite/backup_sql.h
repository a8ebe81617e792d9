// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_BACKUP_SQL_H_
#define DRIVERS_SQLITE_BACKUP_SQL_H_

#include "absl/status/status.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/snapshot.h"
#include "siphon/base/context.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/driver.h"

namespace siphon::sqlite {

// Writes the database, or the part of it that the options select, as a script for sqlite3: one
// transaction that creates the same content in an empty database. The first line is a ScriptHeader,
// the last statement is COMMIT. Damaged pages are errs::kIntegrity, see CheckPages().
absl::Status BackupSql(Database& database, const base::Context& context,
                       const verbs::BackupOptions& options, const SnapshotLimits& limits,
                       driver::BackupTarget& target);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_BACKUP_SQL_H_
