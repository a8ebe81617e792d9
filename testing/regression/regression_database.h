// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_REGRESSION_REGRESSION_DATABASE_H_
#define TESTING_REGRESSION_REGRESSION_DATABASE_H_

#include <string_view>

#include "absl/status/status.h"
#include "testing/servers/postgres.h"

namespace siphon::testing {

// The name of the database that MakeRegressionDatabase() creates.
inline constexpr std::string_view kRegressionDatabase = "regression";

// Runs PostgreSQL's own regression tests on a server of version 18, see
// make_regression_database.sh; half a minute on an idle machine.
absl::Status MakeRegressionDatabase(const PostgresServer& server);

}  // namespace siphon::testing

#endif  // TESTING_REGRESSION_REGRESSION_DATABASE_H_
