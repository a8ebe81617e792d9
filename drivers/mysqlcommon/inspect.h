// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_INSPECT_H_
#define DRIVERS_MYSQLCOMMON_INSPECT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// Describes the session's database.
absl::StatusOr<driver::Schema> Inspect(const base::Context& context, Session& session,
                                       const driver::InspectOptions& options);

// Driver contract: Connection::Identity().
absl::StatusOr<driver::Identity> Identity(const base::Context& context, Session& session);

// Runs CHECK TABLE on all tables; errs::kIntegrity with the server's messages about damaged ones.
absl::Status CheckIntegrity(const base::Context& context, Session& session);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_INSPECT_H_
