// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_PREFLIGHT_H_
#define DRIVERS_MYSQLCOMMON_PREFLIGHT_H_

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// Implements driver::Connection::CheckTarget() for the session's database. Unless
// RestoreOptions::in_place is set, it also tests the rights that exchanging tables needs: it
// creates a scratch database and drops it again.
absl::Status CheckTarget(const base::Context& context, Session& session,
                         const driver::RestoreOptions& options);

// The check of the target's content alone. Run again after the body was loaded, because the content
// may have changed.
absl::Status CheckContent(const base::Context& context, Session& session,
                          const driver::RestoreOptions& options);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_PREFLIGHT_H_
