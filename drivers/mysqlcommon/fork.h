// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_FORK_H_
#define DRIVERS_MYSQLCOMMON_FORK_H_

#include <string_view>

namespace siphon::mysqlcommon {

// A fork of MySQL: the properties that a driver needs before it is connected.
struct Fork {
  std::string_view name;          // "mysql", as in profiles.
  std::string_view display_name;  // "MySQL", for messages.
  std::string_view client;        // The fork's program that reads a dump.
  bool mariadb = false;
};

inline constexpr Fork kMysql{.name = "mysql", .display_name = "MySQL", .client = "mysql"};
inline constexpr Fork kMariadb{
    .name = "mariadb", .display_name = "MariaDB", .client = "mariadb", .mariadb = true};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_FORK_H_
