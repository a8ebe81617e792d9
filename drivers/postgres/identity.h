// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_IDENTITY_H_
#define DRIVERS_POSTGRES_IDENTITY_H_

#include <string>

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// Driver contract: Connection::Identity(): the cluster's system identifier, the moment in which
// this server started and the database's oid. The moment tells a server from another one that was
// copied from it with all its files.
absl::StatusOr<std::string> Identity(const base::Context& context, Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_IDENTITY_H_
