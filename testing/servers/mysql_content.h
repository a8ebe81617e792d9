// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_MYSQL_CONTENT_H_
#define TESTING_SERVERS_MYSQL_CONTENT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "testing/servers/mysql.h"

namespace siphon::testing {

// The CHECKSUM TABLE of every table, one per line.
absl::StatusOr<std::string> ChecksumMysqlTables(const MysqlServer& server,
                                                std::string_view database);

// A description of the database that does not depend on a dump program: the checksums, and SHOW
// CREATE of every table, view, routine, trigger and event, without the name of the database. Equal
// contents give equal texts.
absl::StatusOr<std::string> DescribeMysqlContent(const MysqlServer& server,
                                                 std::string_view database);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_MYSQL_CONTENT_H_
