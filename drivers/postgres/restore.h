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

// What contradicts itself in the options.
absl::Status CheckOptions(const verbs::RestoreOptions& options);

enum class RestoreKind {
  kOrdinary,
  kScratch,  // Into a database for a look at the dump: without what reaches beyond it.
};

// Driver contract: Connection::Restore(). siphon reads the archive and hands pg_restore what is to
// be restored of it, in one transaction whose end it grants when the body has been read to its own.
// `session` is connected to the target, or to another database of its server when the target is yet
// to be created.
absl::Status Restore(const base::Context& context, Session& session,
                     const profile::ConnectionProfile& profile,
                     const verbs::RestoreOptions& options, RestoreKind kind, base::Reader& body);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_RESTORE_H_
