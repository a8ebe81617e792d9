// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_INSPECT_H_
#define DRIVERS_SQLITE_INSPECT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::sqlite {

// Size in bytes above which a database is not read completely, unless exact numbers are requested.
inline constexpr int64_t kEstimateAbove = int64_t{64} << 20;

// Describes tables, virtual tables (including their shadow tables) and views, and the settings of
// the file. In a database of more than `estimate_above` bytes, rows and sizes are estimates unless
// `options` request exact ones: reading all of it would take long and, without WAL, block writers.
absl::StatusOr<verbs::Schema> Inspect(Database& database, const verbs::InspectOptions& options,
                                      int64_t estimate_above = kEstimateAbove);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_INSPECT_H_
