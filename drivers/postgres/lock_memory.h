// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_LOCK_MEMORY_H_
#define DRIVERS_POSTGRES_LOCK_MEMORY_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// The number of locks for which the server has memory, for all transactions together
// (max_locks_per_transaction in PostgreSQL's documentation). In fact it has some more. At least 1.
absl::StatusOr<int64_t> LockMemory(const base::Context& context, Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_LOCK_MEMORY_H_
