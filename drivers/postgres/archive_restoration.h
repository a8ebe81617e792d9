// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ARCHIVE_RESTORATION_H_
#define DRIVERS_POSTGRES_ARCHIVE_RESTORATION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/restoration.h"

namespace siphon::postgres {

// Driver contract: RestorationTarget::OpenRestoration(). The restoration fills a scratch database
// (SwapPlace): pg_restore creates the objects that the rows need, the workers' sessions copy the
// rows and build the indexes, pg_restore does the rest. Then the scratch database takes the place
// of the target.
//
// `session` is connected to the target, or, for a database to create, to another one of the server.
// `close` closes it; it is called before a target that exists is exchanged. Null if the target or
// the options need the restore in one transaction, and then the session may be closed.
absl::StatusOr<std::unique_ptr<driver::Restoration>> OpenArchiveRestoration(
    const base::Context& context, Session& session, absl::FunctionRef<void()> close,
    const profile::ConnectionProfile& profile, const verbs::RestoreOptions& options,
    const driver::FramedBody& body, std::string& why);

// An estimate of the most tables that one transaction can create: the server has memory for a
// number of locks, which its settings tell, and keeps some for each table.
absl::StatusOr<uint64_t> MostTablesInTransaction(const base::Context& context, Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_RESTORATION_H_
