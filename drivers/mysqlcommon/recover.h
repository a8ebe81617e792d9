// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_RECOVER_H_
#define DRIVERS_MYSQLCOMMON_RECOVER_H_

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// Completes or undoes restores during which siphon was killed while tables changed places, on the
// session's server and by the session's account. Their journals are in Settings::state_directory.
// If the tables had not moved yet, it recreates the definitions that had been dropped before; if
// they had, it creates the definitions of the dump that are missing, and drops the replaced tables.
// It drops or changes no object of the targets. It reports what it did, or why it could not, as a
// warning, and also each database of siphon's form for which it has no journal; it does nothing
// with those. It returns an error only when the context has stopped.
absl::Status RecoverSwaps(const base::Context& context, Session& session);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_RECOVER_H_
