// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_OLDER_SERVER_H_
#define DRIVERS_POSTGRES_OLDER_SERVER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/restore_plan.h"

// Restores into a server that is older than the server that was dumped.
namespace siphon::postgres {

// Warnings for the user, before a restore into a server of the major version `server_major`:
// that the versions differ, and what such a server accepts but does not keep. Everything else that
// it does not know makes the restore fail. Empty when the server is not the older one.
std::vector<std::string> OlderServerWarnings(const Archive& archive, const RestorePlan& plan,
                                             int server_major);

// `status`, the failure of pg_restore. Where the server's version may be the cause, the hint says
// so.
absl::Status ExplainOlderServer(const absl::Status& status, const Archive& archive,
                                int server_major);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_OLDER_SERVER_H_
