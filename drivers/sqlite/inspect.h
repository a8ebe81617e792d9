// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_INSPECT_H_
#define DRIVERS_SQLITE_INSPECT_H_

#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "siphon/domain/job/job.h"

namespace siphon::sqlite {

// Tables, virtual tables (with what their shadow tables hold) and views, and the settings that a
// file carries.
absl::StatusOr<job::Schema> Inspect(Database& database, const job::InspectOptions& options);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_INSPECT_H_
