// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_IDENTITY_H_
#define DRIVERS_POSTGRES_IDENTITY_H_

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/identity.h"

namespace siphon::postgres {

// Driver contract: Connection::Identity(). The oid of the database, the start time of the server
// and the system identifier of the cluster, which a standby has from its primary, and a server on a
// copy of another's files from that one. For a user who may not read the identifier it is left out;
// errs::kDatabase if the server is a standby.
absl::StatusOr<driver::Identity> Identity(const base::Context& context, Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_IDENTITY_H_
