// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/lock_memory.h"

#include <algorithm>

#include "drivers/postgres/rows.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr char kQuery[] =
    "SELECT pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int8"
    " * (pg_catalog.current_setting('max_connections')::pg_catalog.int8"
    " + pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int8)";

}  // namespace

absl::StatusOr<int64_t> LockMemory(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const Rows locks, session.QueryRow(context, {"i"}, kQuery));
  return std::max<int64_t>(1, locks.Int(0, 0));
}

}  // namespace siphon::postgres
