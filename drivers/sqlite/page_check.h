// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_PAGE_CHECK_H_
#define DRIVERS_SQLITE_PAGE_CHECK_H_

#include "absl/status/status.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/snapshot.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::sqlite {

// Finds damaged pages that SQLite reads without an error: a damaged page of a table may read as an
// empty one, and the rows below it are missing. errs::kIntegrity with SQLite's first message of
// "PRAGMA quick_check".
//
// Checks all pages, or the tables whose rows a backup with these options has, if that is only a
// part of the database. Evaluates no expression of the schema, and so leaves out: in a database
// with virtual tables or VIRTUAL columns, pages that no table uses; tables with VIRTUAL columns;
// tables that need functions or collations of their own program. Of a database whose readers make
// writers wait, and that is too large for one step of a snapshot, only tables that read as empty
// are checked.
absl::Status CheckPages(Database& database, const verbs::BackupOptions& options,
                        const SnapshotLimits& limits);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_PAGE_CHECK_H_
