// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_RESTORE_H_
#define DRIVERS_POSTGRES_RESTORE_H_

#include "absl/status/status.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// Refuses options that contradict each other.
absl::Status CheckOptions(const verbs::RestoreOptions& options);

enum class RestoreKind {
  kOrdinary,
  kScratch,  // Into a scratch database; leaves out what acts beyond that database.
};

// Driver contract: Connection::Restore(). Reads the archive and passes the planned part to
// pg_restore, which runs it in one transaction and may commit only after the body was read to its
// end. `session` is connected to the target, or to another database of the server if the target is
// yet to be created.
absl::Status Restore(const base::Context& context, Session& session,
                     const profile::ConnectionProfile& profile,
                     const verbs::RestoreOptions& options, RestoreKind kind, base::Reader& body);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_RESTORE_H_
