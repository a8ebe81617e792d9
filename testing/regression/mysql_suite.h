// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_REGRESSION_MYSQL_SUITE_H_
#define TESTING_REGRESSION_MYSQL_SUITE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testing/servers/mysql.h"

namespace siphon::testing {

// Makes `database` and fills it with what a script of MariaDB's own tests makes, see
// FillingStatements(): `script` is "main/type_int", the path without ".test" below the folder of
// these. They run as a user who has rights on this database only, and what the server refuses is
// passed over, as many scripts are made to be refused, or need what was left out. What no dump can
// say is mended in the end: views that are broken, at which the server's own dump program stops,
// are dropped, and columns without any default get NULL.
absl::Status FillFromTestScript(const MysqlServer& server, std::string_view database,
                                std::string_view script);

// The number of objects in a database, for a test that requires a minimum.
struct MysqlTotals {
  int64_t databases = 0;
  int64_t tables = 0;  // Sequences, too.
  int64_t views = 0, routines = 0, triggers = 0, events = 0;
  int64_t rows = 0;  // Without those of the past.

  void Add(const MysqlTotals& other);
  std::string ToString() const;
};
absl::StatusOr<MysqlTotals> CountMysqlContent(const MysqlServer& server, std::string_view database);

}  // namespace siphon::testing

#endif  // TESTING_REGRESSION_MYSQL_SUITE_H_
