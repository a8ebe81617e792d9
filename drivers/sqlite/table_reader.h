// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_TABLE_READER_H_
#define DRIVERS_SQLITE_TABLE_READER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "siphon/base/context.h"
#include "siphon/driver/table_copy.h"

namespace siphon::sqlite {

// Opens a read transaction, and reads the definitions and, because only they tell the types of the
// columns, all values of the chosen tables. The transaction lasts as long as the snapshot; it
// blocks the commits of others in a database without WAL. The database must outlive the snapshot.
absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> OpenTables(
    const base::Context& context, Database& database, const driver::TableChoice& choice);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_TABLE_READER_H_
