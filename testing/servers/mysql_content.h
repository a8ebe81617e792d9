// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_MYSQL_CONTENT_H_
#define TESTING_SERVERS_MYSQL_CONTENT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "testing/servers/mysql.h"

namespace siphon::testing {

// CHECKSUM TABLE of every table, one a line.
absl::StatusOr<std::string> ChecksumMysqlTables(const MysqlServer& server,
                                                std::string_view database);

// What the database holds, by other means than a dump program's: the checksums, and SHOW CREATE of
// every table, view, routine, trigger and event, the database's own name left out. The same text
// for the same content.
absl::StatusOr<std::string> DescribeMysqlContent(const MysqlServer& server,
                                                 std::string_view database);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_MYSQL_CONTENT_H_
