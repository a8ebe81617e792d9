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

// How far a statement that runs outside a transaction (see LoneStatement) has come. The functions
// may be called in a session of ConnectForUser().

// See migrate::SqlSession::Fingerprint(). The fingerprint covers the valid indexes of the table for
// CREATE INDEX, the existence of the index for DROP INDEX, and the partition's parent for DETACH
// PARTITION.
absl::StatusOr<std::string> FingerprintOfWork(const base::Context& context, Session& session,
                                              std::string_view statement);

// See migrate::SqlSession::Mend(). Drops the invalid indexes that a failed CREATE INDEX
// CONCURRENTLY or REINDEX CONCURRENTLY left, and completes a DETACH PARTITION CONCURRENTLY.
// errs::kDirty, with the names, for invalid indexes that may belong to another statement.
absl::StatusOr<bool> MendWork(const base::Context& context, Session& session,
                              std::string_view statement);

// An error if `statement`, which succeeded, is a CREATE INDEX IF NOT EXISTS and the index is
// invalid: the server leaves an invalid index of that name as it is.
absl::Status CheckWork(const base::Context& context, Session& session, std::string_view statement);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_LONE_WORK_H_
