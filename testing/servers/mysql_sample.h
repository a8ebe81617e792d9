// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_MYSQL_SAMPLE_H_
#define TESTING_SERVERS_MYSQL_SAMPLE_H_

#include <string_view>

#include "absl/status/status.h"
#include "testing/servers/mysql.h"

namespace siphon::testing {

// Fills an empty database with about four megabytes of what all servers support: tables "accounts",
// "items" and others, routines, triggers, views and an event.
absl::Status LoadMysqlSample(const MysqlServer& server, std::string_view database);

// Adds tables "bulk_1", "bulk_2", ... with this number of megabytes of rows in total
// (approximately). Each row has a thousand bytes, which compress to half; each table has a primary
// key and an index.
absl::Status LoadMysqlBulk(const MysqlServer& server, std::string_view database, int megabytes,
                           int tables = 4);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_MYSQL_SAMPLE_H_
