// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_REGRESSION_REGRESSION_DATABASE_H_
#define TESTING_REGRESSION_REGRESSION_DATABASE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testing/servers/postgres.h"

namespace siphon::testing {

// The name of the database that MakeRegressionDatabase() creates.
inline constexpr std::string_view kRegressionDatabase = "regression";

enum class RegressionTests {
  kAll,  // Half a minute on an idle machine.
  kFew,  // short_schedule; some seconds.
};

// Runs PostgreSQL's own regression tests, those of version 18, on a server of any version, see
// make_regression_database.sh. A server older than 18 refuses part of the statements: the caller
// must check that the database has enough objects.
absl::Status MakeRegressionDatabase(const PostgresServer& server,
                                    RegressionTests tests = RegressionTests::kAll);

// The numbers of objects that users made in a database, by kind: "table", "function", ...
absl::StatusOr<std::map<std::string, int64_t>> CountObjects(const PostgresServer& server,
                                                            std::string_view database);

}  // namespace siphon::testing

#endif  // TESTING_REGRESSION_REGRESSION_DATABASE_H_
