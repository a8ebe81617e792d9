// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_INSPECT_H_
#define DRIVERS_SQLITE_INSPECT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::sqlite {

// Above this size a database is not read to its end unless exact numbers are asked for.
inline constexpr int64_t kEstimateAbove = int64_t{64} << 20;

// Tables, virtual tables (with what their shadow tables hold) and views, and the settings that a
// file carries. In a database of more than `estimate_above` bytes rows and sizes are estimates,
// unless `options` ask for exact ones: reading all of it would take long, and without WAL keep
// writers waiting.
absl::StatusOr<verbs::Schema> Inspect(Database& database, const verbs::InspectOptions& options,
                                      int64_t estimate_above = kEstimateAbove);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_INSPECT_H_
