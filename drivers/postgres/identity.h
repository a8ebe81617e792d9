// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_IDENTITY_H_
#define DRIVERS_POSTGRES_IDENTITY_H_

#include <string>

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// Driver contract: Connection::Identity(). The system identifier of the cluster and the oid of the
// database. A standby has those of its primary, and so has a server that runs on a copy of its
// files. A user who may not read the identifier gets the start time of the server in its place, and
// errs::kDatabase for a standby.
absl::StatusOr<std::string> Identity(const base::Context& context, Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_IDENTITY_H_
