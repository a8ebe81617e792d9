// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_TARGET_LOCK_H_
#define DRIVERS_MYSQLCOMMON_TARGET_LOCK_H_

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// How long a restore waits for another one into the same database. An exchange of tables takes
// seconds, or minutes with large tables; a restore with --in-place holds the lock while it loads.
inline constexpr std::chrono::minutes kTargetLockLimit{10};

// The name of the server's user lock (GET_LOCK) for restores into `database`: "siphon restore " and
// 32 digits of a hash of the database's name. MySQL allows 64 characters. Spellings that the server
// takes for the same database give the same name.
absl::StatusOr<std::string> TargetLockName(const base::Context& context, Session& session,
                                           const std::string& database);

// Waits until no other session has the lock for restores into `database`, and takes it for
// `session`. The session holds the lock until it ends, so that a killed restore frees it as soon as
// the server has ended its last statement. Takes one lock only, because a server before MySQL 5.7
// or MariaDB 10.0.2 releases a session's lock when the session takes another one.
//
// errs::kBusy, with the session that holds the lock, if the lock is not free within `limit`. Any
// account can take a lock of this name.
absl::Status LockTarget(const base::Context& context, Session& session, const std::string& database,
                        std::chrono::nanoseconds limit = kTargetLockLimit);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TARGET_LOCK_H_
