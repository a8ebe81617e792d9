// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_RECOVER_H_
#define DRIVERS_MYSQLCOMMON_RECOVER_H_

#include <string>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// Completes or undoes restores during which siphon was killed while tables changed places, on the
// session's server and by the session's account. Their journals are in Settings::state_directory.
// If the tables had not moved yet, it recreates the definitions that had been dropped before; if
// they had, it creates the definitions of the dump that are missing, and drops the replaced tables.
// It drops or changes no object of the targets. While it works on a target, it holds the lock on it
// (target_lock.h). It reports what it did, or why it could not, as a warning. It returns an error
// only when the context has stopped.
absl::Status RecoverSwaps(const base::Context& context, Session& session);

// The same for the restores into `target`. The caller holds the lock of the target. errs::kBusy if
// a restore that has lost this lock is still running.
absl::Status RecoverSwapsInto(const base::Context& context, Session& session,
                              const std::string& target);

// Reports the databases of siphon's form for which this user's siphon has no journal, in one
// warning. Returns an error only when the context has stopped.
absl::Status WarnOfUnknownDatabases(const base::Context& context, Session& session);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_RECOVER_H_
