// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_POSTGRES_SAMPLE_H_
#define TESTING_SERVERS_POSTGRES_SAMPLE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/postgres.h"

namespace siphon::testing {

// Loads postgres_sample.sql into an empty database: something of everything, four megabytes.
absl::Status LoadPostgresSample(const PostgresServer& server, std::string_view database);

// The file's text, for a client of the test's own.
absl::StatusOr<std::string> PostgresSampleSql();

// Adds tables "bulk_1", "bulk_2", ... with about this many megabytes of rows in all, each of a
// thousand bytes that compress to half; with primary keys and an index each.
absl::Status LoadPostgresBulk(const PostgresServer& server, std::string_view database,
                              int megabytes, int tables = 4);

// What the database holds, definitions and rows, one thing a line: the same text for the same
// content, on servers of one version. Rows of foreign tables are not read, sequences stand where
// they stand; statistics, and what belongs to the cluster, are left out.
absl::StatusOr<std::string> DescribePostgres(const PostgresServer& server,
                                             std::string_view database);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_POSTGRES_SAMPLE_H_
