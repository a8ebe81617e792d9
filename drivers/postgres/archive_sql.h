// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ARCHIVE_SQL_H_
#define DRIVERS_POSTGRES_ARCHIVE_SQL_H_

#include <string>
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

// `sql`, which is in UTF-8, for a pg_restore that sends it in the encoding of the archive. If that
// is not UTF-8, SQL with other characters than those of ASCII becomes a DO statement in ASCII.
std::string ForArchive(const Archive& archive, const std::string& sql);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_SQL_H_
