// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_REGRESSION_QUERY_RECORDER_H_
#define TESTING_REGRESSION_QUERY_RECORDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace siphon::testing {

// Records the queries that a PostgreSQL client sends. Implements a server of the frontend/backend
// protocol (version 3.0, PostgreSQL's documentation, chapter "Frontend/Backend Protocol"), as far
// as psql needs it: every query of the simple protocol succeeds without a result. One client at a
// time, on the loopback, without TLS.
//
// `client` is called with the port and runs the client to its end. Returns its queries in their
// order. A query "SET standard_conforming_strings ..." is obeyed: the client is told the new value.
absl::StatusOr<std::vector<std::string>> RecordQueries(
    const std::function<absl::Status(uint16_t port)>& client);

}  // namespace siphon::testing

#endif  // TESTING_REGRESSION_QUERY_RECORDER_H_
