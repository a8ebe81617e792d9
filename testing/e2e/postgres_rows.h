// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_POSTGRES_ROWS_H_
#define TESTING_E2E_POSTGRES_ROWS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "testing/servers/postgres.h"

namespace siphon::testing {

// The number of rows of every user table that stores rows, counted by the server. Names are those
// that siphon shows, without quotes: "items" for public.items, "shop.orders".
absl::StatusOr<std::map<std::string, int64_t>> CountPostgresRows(const PostgresServer& server,
                                                                 std::string_view database);

}  // namespace siphon::testing

#endif  // TESTING_E2E_POSTGRES_ROWS_H_
