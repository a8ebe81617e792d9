// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_IDENTITY_H_
#define DRIVERS_MYSQLCOMMON_IDENTITY_H_

#include <string>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// Identifies the session's server: the same text for each way to reach it.
absl::StatusOr<std::string> ServerIdentity(const base::Context& context, Session& session);

// The identity of the server whose changes this one applies. Empty if it applies none or the user
// may not see it, and for MariaDB, which shows no identifier of that server.
absl::StatusOr<std::string> SourceIdentity(const base::Context& context, Session& session);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_IDENTITY_H_
