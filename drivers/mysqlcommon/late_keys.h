// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_LATE_KEYS_H_
#define DRIVERS_MYSQLCOMMON_LATE_KEYS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/mysqlcommon/tokens.h"

namespace siphon::mysqlcommon {

// A CREATE TABLE statement without secondary keys, and the statement that adds them. The server
// builds a key faster from all rows than row by row.
struct LateKeys {
  std::string create;
  std::string alter;  // "ALTER TABLE `t` ADD KEY `k` (`a`), ADD ..."
};

// Separates the keys that are neither primary nor unique from a definition as SHOW CREATE TABLE
// writes it. Nothing if there are none, or if they should be there at once: the engine is not
// InnoDB; the table has foreign keys or an AUTO_INCREMENT column, which may need them, unless a
// primary or unique key begins with this column; it has full-text or spatial keys, generated
// columns, keys with expressions, or system versioning; the statement contains a comment. Accepts
// any bytes.
std::optional<LateKeys> SplitKeys(std::string_view create, const Syntax& syntax = {});

// The tables after REFERENCES in a definition, without their databases.
std::vector<std::string> ReferencedTables(std::string_view create, const Syntax& syntax = {});

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_LATE_KEYS_H_
