// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_NAMES_H_
#define DRIVERS_MYSQLCOMMON_NAMES_H_

#include <string>
#include <string_view>

namespace siphon::mysqlcommon {

// `name` in backticks, with the backticks in it doubled.
std::string QuoteName(std::string_view name);
// 'text' as a literal for a session without NO_BACKSLASH_ESCAPES, as siphon's own are.
std::string QuoteText(std::string_view text);
// `database`.`name`
std::string QuoteQualified(std::string_view database, std::string_view name);
// `user`@`host` for the account "user@host" of information_schema.
std::string QuoteAccount(std::string_view account);

// True when `pattern` matches `name`, with case: '*' is any text, '?' any byte.
bool Matches(std::string_view pattern, std::string_view name);

// The text with bytes that are not UTF-8 replaced by U+FFFD, for messages.
std::string ToUtf8(std::string_view text);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_NAMES_H_
