// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_MYSQL_SAMPLE_H_
#define TESTING_SERVERS_MYSQL_SAMPLE_H_

#include <string_view>

#include "absl/status/status.h"
#include "testing/servers/mysql.h"

namespace siphon::testing {

// Fills an empty database with something of what all servers have: tables "accounts", "items" and
// others, routines, triggers, views, an event; some four megabytes.
absl::Status LoadMysqlSample(const MysqlServer& server, std::string_view database);

// Adds tables "bulk_1", "bulk_2", ... with about this many megabytes of rows in all, each of a
// thousand bytes that compress to half; with primary keys and an index each.
absl::Status LoadMysqlBulk(const MysqlServer& server, std::string_view database, int megabytes,
                           int tables = 4);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_MYSQL_SAMPLE_H_
