// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ARCHIVE_SQL_H_
#define DRIVERS_POSTGRES_ARCHIVE_SQL_H_

#include <vector>

#include "absl/status/status.h"
#include "drivers/postgres/archive.h"

namespace siphon::postgres {

// pg_restore runs some texts of an archive's table of contents as they are. These are checks for
// texts that pg_dump never writes.

// Refuses a search_path other than pg_dump's. pg_restore runs that text before everything else.
absl::Status CheckSearchPath(const Archive& archive);

// Refuses `entries` with a statement that begins or ends a transaction: the restore would not be
// all or nothing. Text that cannot be split into statements passes, and so do statements within the
// data of an entry; TransactionWatch finds their effect.
absl::Status CheckTransactionControl(const Archive& archive,
                                     const std::vector<const ArchiveEntry*>& entries);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_SQL_H_
