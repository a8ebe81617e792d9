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
// An SQL literal that is right whatever standard_conforming_strings says.
std::string QuoteLiteral(std::string_view text);

// How siphon calls a table, in dumps and to people: `items` for a table of the schema public,
// `sales.orders` for others, with double quotes around a part that a pattern (see pattern.h) would
// not take for itself, as in `sales."Orders 2024"`. Always UTF-8: bytes that are not are shown as
// "\xNN".
std::string DisplayName(std::string_view schema, std::string_view name);

// `text` as UTF-8: bytes that are not become "\xNN".
std::string ToUtf8(std::string_view text);
// The same for text in ISO 8859-1, every byte of which is a character.
std::string Latin1ToUtf8(std::string_view text);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_NAMES_H_
