// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_INTEGRITY_H_
#define DRIVERS_POSTGRES_INTEGRITY_H_

#include "absl/status/status.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// Driver contract: Connection::CheckIntegrity(). The server reads every page of every table, which
// checks the pages' headers and, where the cluster has them, their checksums; with the extension
// amcheck in the database, indexes and rows are checked, too, as far as the user may.
absl::Status CheckIntegrity(const base::Context& context, Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_INTEGRITY_H_
