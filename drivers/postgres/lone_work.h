// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_LONE_WORK_H_
#define DRIVERS_POSTGRES_LONE_WORK_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// The state of the work of a statement that runs outside a transaction, see LoneStatement. Safe in
// a session for the user.

// As migrate::SqlSession::Fingerprint(): of the valid indexes of a table for CREATE INDEX, of the
// existence of an index for DROP INDEX, of a partition's parent for DETACH PARTITION.
absl::StatusOr<std::string> FingerprintOfWork(const base::Context& context, Session& session,
                                              std::string_view statement);

// As migrate::SqlSession::Mend(): drops the invalid indexes that a failed CREATE INDEX CONCURRENTLY
// or REINDEX CONCURRENTLY left, and completes a DETACH PARTITION CONCURRENTLY. errs::kDirty, with
// the names, for invalid indexes that may belong to another statement.
absl::StatusOr<bool> MendWork(const base::Context& context, Session& session,
                              std::string_view statement);

// An error if `statement`, which succeeded, is a CREATE INDEX IF NOT EXISTS and the index is
// invalid: the server then does nothing.
absl::Status CheckWork(const base::Context& context, Session& session, std::string_view statement);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_LONE_WORK_H_
