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

// Loads postgres_sample.sql into an empty database: objects of every kind, four megabytes.
absl::Status LoadPostgresSample(const PostgresServer& server, std::string_view database);

// The text of postgres_sample.sql.
absl::StatusOr<std::string> PostgresSampleSql();

// Adds tables "bulk_1", "bulk_2", ... with this number of megabytes of rows in total
// (approximately). Each row has a thousand bytes, which compress to half; each table has a primary
// key and an index.
absl::Status LoadPostgresBulk(const PostgresServer& server, std::string_view database,
                              int megabytes, int tables = 4);

// A description of all definitions and rows, one per line. Equal contents give equal texts on
// servers of the same version. It includes the positions of sequences, and excludes the rows of
// foreign tables, statistics and the objects of the cluster.
absl::StatusOr<std::string> DescribePostgres(const PostgresServer& server,
                                             std::string_view database);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_POSTGRES_SAMPLE_H_
