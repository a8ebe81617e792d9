// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_INTEGRITY_H_
#define DRIVERS_POSTGRES_INTEGRITY_H_

#include "absl/status/status.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// Driver contract: Connection::CheckIntegrity(). Makes the server read every page of every table,
// which checks the headers of pages and, if the cluster has them, the checksums. If the database
// has the extension amcheck and the user may run it, indexes are checked against their tables as
// well.
absl::Status CheckIntegrity(const base::Context& context, Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_INTEGRITY_H_
