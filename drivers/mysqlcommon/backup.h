// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_BACKUP_H_
#define DRIVERS_MYSQLCOMMON_BACKUP_H_

#include <string_view>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// The first line of a body written by siphon begins with kDumpBegin, and its last line is kDumpEnd.
// A body that has only the first was cut off.
inline constexpr std::string_view kDumpBegin = "-- siphon dump of ";
inline constexpr std::string_view kDumpEnd = "-- siphon dump complete\n";
// The second line of a body whose definitions have recorded lengths
// (sql::SplitterOptions::recorded_lengths). Bodies without it are those of earlier versions.
inline constexpr std::string_view kDumpForm =
    "\n-- Form 2: the length of each definition is recorded";
// Beginning of the line before a definition that only siphon can read; its bytes follow in
// hexadecimal. The next line is a SIGNAL statement for the engine's client, which would misread it.
inline constexpr std::string_view kHexadecimal = "-- siphon: statement in hexadecimal ";
// Beginning of the line in a dump's head that contains the database's collation.
inline constexpr std::string_view kHeadCollation = "\n-- Collation of the database: ";

// Writes the session's database as SQL that siphon and the engine's own client can read: tables
// with their rows in one consistent state, then routines, views, triggers and events. Changes the
// session's settings.
absl::Status Backup(const base::Context& context, Session& session,
                    const driver::BackupOptions& options, driver::BackupTarget& target);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_BACKUP_H_
