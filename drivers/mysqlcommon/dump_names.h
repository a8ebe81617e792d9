// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_DUMP_NAMES_H_
#define DRIVERS_MYSQLCOMMON_DUMP_NAMES_H_

#include <optional>
#include <string>
#include <string_view>

#include "siphon/domain/sql/charset.h"

namespace siphon::mysqlcommon {

// Names of a dump in siphon's own statements, in a session that has the settings of the dump.
// QuoteName() and QuoteText() are for sessions with siphon's settings: under another sql_mode or
// character set, what they quote could end early, and the rest of the name would be SQL.

// `name` in backticks. Characters of several bytes stay whole: their second byte may look like a
// backtick. std::nullopt if the name ends in half a character, which the closing backtick would
// complete.
std::optional<std::string> QuoteDumpName(sql::Charset charset, std::string_view name);

// `name`, in the character set `charset` (the server's name for it), as an expression for
// comparisons with names in information_schema: CONVERT(_gbk x'b55c' USING utf8mb3).
std::string DumpNameText(std::string_view charset, std::string_view name);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_DUMP_NAMES_H_
