// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_SQL_ERROR_H_
#define DRIVERS_POSTGRES_SQL_ERROR_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

struct pg_result;

namespace siphon::postgres {

// The failure of a statement as a status. `result` must not be null and must hold an error.
absl::Status SqlError(const pg_result* result);

// The same from its parts: the SQLSTATE (may be empty), the server's message and hint.
absl::Status SqlError(std::string_view state, std::string_view message, std::string_view hint);

// The position of the error in the text of the statement, in characters from 1. Nothing if the
// server gave none, or if `status` does not come from SqlError(result).
std::optional<int> ErrorPosition(const absl::Status& status);

// The SQLSTATE of a status of SqlError(); "" for another one.
std::string SqlState(const absl::Status& status);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_SQL_ERROR_H_
