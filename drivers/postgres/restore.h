// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_RESTORE_H_
#define DRIVERS_POSTGRES_RESTORE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/scratch_place.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// A restore into a scratch database leaves out what acts beyond that database. The caller drops the
// database, also after a failure.
struct ScratchRestore {
  ScratchPlace* place = nullptr;  // Null: the dump's code runs with the user's rights.
};

// Driver contract: Connection::Restore(). Reads the archive and passes the planned part to
// pg_restore, which runs it in one transaction and may commit only after the body was read to its
// end. `session` is connected to the target, or to another database of the server if the target is
// yet to be created; nothing else may use it meanwhile. `scratch` is null for an ordinary restore.
// Returns what was left out. errs::Code::kPartial if the dump ended the transaction by a statement
// of its own.
absl::StatusOr<std::vector<verbs::LeftOut>> Restore(const base::Context& context, Session& session,
                                                    const profile::ConnectionProfile& profile,
                                                    const verbs::RestoreOptions& options,
                                                    ScratchRestore* scratch, base::Reader& body);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_RESTORE_H_
