// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_FORK_H_
#define DRIVERS_MYSQLCOMMON_FORK_H_

#include <string_view>

namespace siphon::mysqlcommon {

// What the two forks differ in as far as a driver must know it before it is connected.
struct Fork {
  std::string_view name;    // "mysql", as in profiles.
  std::string_view people;  // "MySQL", for messages.
  std::string_view client;  // The program that reads a dump.
  bool mariadb = false;     // What a server of this fork is.
};

inline constexpr Fork kMysql{.name = "mysql", .people = "MySQL", .client = "mysql"};
inline constexpr Fork kMariadb{
    .name = "mariadb", .people = "MariaDB", .client = "mariadb", .mariadb = true};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_FORK_H_
