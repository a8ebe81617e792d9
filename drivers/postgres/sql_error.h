// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_SQL_ERROR_H_
#define DRIVERS_POSTGRES_SQL_ERROR_H_

#include <optional>
#include <string_view>

#include "absl/status/status.h"

struct pg_result;

namespace siphon::postgres {

// A statement's failure as a status. `result` is not null and holds an error.
absl::Status SqlError(const pg_result* result);

// The same from its parts: a SQLSTATE (may be empty), the server's message and hint.
absl::Status SqlError(std::string_view state, std::string_view message, std::string_view hint);

// Where in the statement's text the server found the fault: the character, from 1; nothing where it
// did not say, and for a status that is not of SqlError(result).
std::optional<int> ErrorPosition(const absl::Status& status);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_SQL_ERROR_H_
