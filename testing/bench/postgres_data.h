// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_BENCH_POSTGRES_DATA_H_
#define TESTING_BENCH_POSTGRES_DATA_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testing/servers/postgres.h"

namespace siphon::bench {

// Runs a file for psql that makes the benchmark's data. `mebibytes` is how much of it
// postgres_data.sql makes, as text; other files do not ask.
absl::Status LoadPostgresData(const testing::PostgresServer& server, std::string_view database,
                              const std::string& file, int64_t mebibytes);

// The rows that such a file makes in a PostgreSQL server that is there for that only, one file a
// table in `folder`, as COPY and LOAD DATA read them; booleans are 0 and 1. The tables' names.
absl::StatusOr<std::vector<std::string>> WritePostgresRows(const std::string& file,
                                                           int64_t mebibytes,
                                                           const std::string& folder);

}  // namespace siphon::bench

#endif  // TESTING_BENCH_POSTGRES_DATA_H_
