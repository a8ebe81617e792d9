// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_NAMES_H_
#define DRIVERS_MYSQLCOMMON_NAMES_H_

#include <string>
#include <string_view>

namespace siphon::mysqlcommon {

// `name`, its quotes doubled.
std::string QuoteName(std::string_view name);
// 'text' for a session without NO_BACKSLASH_ESCAPES, as siphon's own are.
std::string QuoteText(std::string_view text);
// `database`.`name`
std::string QuoteQualified(std::string_view database, std::string_view name);
// The account "user@host", as the catalogue has it, as `user`@`host`.
std::string QuoteAccount(std::string_view account);

// True when `pattern` stands for `name`: '*' is any text, '?' one byte, case counts.
bool Matches(std::string_view pattern, std::string_view name);

// The text when it is UTF-8, else with U+FFFD in the place of what is not, for messages.
std::string ToUtf8(std::string_view text);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_NAMES_H_
