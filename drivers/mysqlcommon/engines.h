// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_ENGINES_H_
#define DRIVERS_MYSQLCOMMON_ENGINES_H_

#include <algorithm>
#include <iterator>
#include <string_view>

#include "absl/strings/match.h"

namespace siphon::mysqlcommon {

// Storage engines whose tables show rows of other tables, servers or files. A dump has only their
// definitions: a restore would insert the rows there a second time. (The programs mysqldump and
// mariadb-dump do the same; MariaDB's manual, "mariadb-dump", --no-data-med.)
inline constexpr std::string_view kEnginesWithRowsElsewhere[] = {
    "MRG_MYISAM", "MRG_ISAM", "MERGE", "FEDERATED", "CONNECT", "OQGRAPH", "SPIDER", "VP"};

// `engine` in any case.
inline bool HasRowsElsewhere(std::string_view engine) {
  return std::any_of(std::begin(kEnginesWithRowsElsewhere), std::end(kEnginesWithRowsElsewhere),
                     [&](std::string_view other) { return absl::EqualsIgnoreCase(engine, other); });
}

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_ENGINES_H_
