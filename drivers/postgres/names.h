// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_NAMES_H_
#define DRIVERS_POSTGRES_NAMES_H_

#include <string>
#include <string_view>

namespace siphon::postgres {

// "name" as an SQL identifier, always in double quotes.
std::string QuoteIdentifier(std::string_view name);
// "schema"."name".
std::string QuoteQualified(std::string_view schema, std::string_view name);
// An SQL literal that is correct with any value of standard_conforming_strings.
std::string QuoteLiteral(std::string_view text);

// The name of a table in dumps and messages: `items` for a table of the schema public,
// `sales.orders` for others. A part that a pattern (see pattern.h) would not match literally is in
// double quotes, as in `sales."Orders 2024"`. The result is UTF-8; other bytes become "\xNN".
std::string DisplayName(std::string_view schema, std::string_view name);

// `text` as UTF-8; bytes that are not UTF-8 become "\xNN".
std::string ToUtf8(std::string_view text);
// The beginning of a message by a server, which may be of any length, as ToUtf8().
std::string BoundedUtf8(std::string_view text);
// `text` in ISO 8859-1, where every byte is a character, as UTF-8.
std::string Latin1ToUtf8(std::string_view text);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_NAMES_H_
