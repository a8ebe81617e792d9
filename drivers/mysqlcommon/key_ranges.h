// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_KEY_RANGES_H_
#define DRIVERS_MYSQLCOMMON_KEY_RANGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// A column of a key by whose ranges a table is split.
struct KeyColumn {
  std::string name;
  enum class Kind {
    kNumber,  // Integers and decimal numbers.
    kTime,    // Dates with or without a time.
    kBytes,   // Binary strings.
    kText,
  };
  Kind kind = Kind::kNumber;
  std::string charset = {}, collation = {};  // Of kText.
};

// A primary or unique key without NULL.
struct SplitKey {
  std::string index;
  std::vector<KeyColumn> columns;
};

// Values of the key's columns as literals, whose meaning does not depend on the session.
using KeyValue = std::vector<std::string>;

// A literal for a value as the server sends it when character_set_results is NULL. Nothing if it
// is not one of the kind.
std::optional<std::string> KeyLiteral(const KeyColumn& column, std::string_view value);

// The key of a table of InnoDB by which to split it: the primary key, else the first unique one.
// Nothing if there is none, or if it has a column whose values have no exact literal, in the order
// of the index: floating point, ENUM, SET, BIT; or a prefix, an expression, or NULL.
absl::StatusOr<std::optional<SplitKey>> FindSplitKey(const base::Context& context, Session& session,
                                                     const std::string& database,
                                                     const Table& table);

// The last key of the next `rows` rows after `after`, or of the first ones if that is null. Nothing
// if no row follows them, or if the server does not find the row again by these literals. `session`
// needs no snapshot: the ranges between any values have all rows.
absl::StatusOr<std::optional<KeyValue>> NextBoundary(const base::Context& context, Session& session,
                                                     const Table& table, const SplitKey& key,
                                                     const KeyValue* after, int64_t rows);

// What follows the table's name in a SELECT of the rows after `after`, up to and with `until`, in
// the order of the key; null: from the first, to the last.
std::string RangeClauses(const SplitKey& key, const KeyValue* after, const KeyValue* until);

// The same for people and the index of the dump: "id > 100 AND id <= 200". Empty if it is long.
std::string DescribeRange(const SplitKey& key, const KeyValue* after, const KeyValue* until);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_KEY_RANGES_H_
