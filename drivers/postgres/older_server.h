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

// Warnings for the user before a restore into a server of the major version `server_major`: that
// the versions differ, and which parts of definitions the server accepts but ignores. A definition
// that the server does not know makes the restore fail. Empty if the server is not older than the
// dumped one.
std::vector<std::string> OlderServerWarnings(const Archive& archive, const RestorePlan& plan,
                                             int server_major);

// Adds a hint to `status`, a failure of pg_restore, if the version of the server may be the cause.
absl::Status ExplainOlderServer(const absl::Status& status, const Archive& archive,
                                int server_major);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_OLDER_SERVER_H_
