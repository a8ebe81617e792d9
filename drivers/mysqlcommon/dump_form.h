// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_DUMP_FORM_H_
#define DRIVERS_MYSQLCOMMON_DUMP_FORM_H_

#include <string_view>

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
// Before and after the rows of a table, if they include historical rows of a versioned table.
inline constexpr std::string_view kHistoryOn = "SET system_versioning_insert_history=1";
inline constexpr std::string_view kHistoryOff = "SET system_versioning_insert_history=0";
// Before the database's name, in the first line.
inline constexpr std::string_view kHeadDatabase = ", database ";
// Beginning of the line in a dump's head that contains the database's collation.
inline constexpr std::string_view kHeadCollation = "\n-- Collation of the database: ";

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_DUMP_FORM_H_
