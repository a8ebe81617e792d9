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

// Runs a psql script that creates the data of the benchmark. `mebibytes` is the size of the data as
// text; only postgres_data.sql uses it.
absl::Status LoadPostgresData(const testing::PostgresServer& server, std::string_view database,
                              const std::string& file, int64_t mebibytes);

// Runs such a script on a temporary PostgreSQL server and writes the rows of each table to a file
// in `folder`, in the format of COPY and LOAD DATA; booleans are 0 and 1. Returns the names of the
// tables.
absl::StatusOr<std::vector<std::string>> WritePostgresRows(const std::string& file,
                                                           int64_t mebibytes,
                                                           const std::string& folder);

}  // namespace siphon::bench

#endif  // TESTING_BENCH_POSTGRES_DATA_H_
