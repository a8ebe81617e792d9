// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_PREFLIGHT_H_
#define DRIVERS_MYSQLCOMMON_PREFLIGHT_H_

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// What driver::Connection::CheckTarget() promises, for the session's database. Where the restore
// will swap (RestoreOptions::in_place is not set) it tries the rights that this takes: it makes a
// scratch database and drops it again.
absl::Status CheckTarget(const base::Context& context, Session& session,
                         const driver::RestoreOptions& options);

// The part of it that may be otherwise when the body has been loaded: what the target holds.
absl::Status CheckContent(const base::Context& context, Session& session,
                          const driver::RestoreOptions& options);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_PREFLIGHT_H_
