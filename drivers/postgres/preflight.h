// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_PREFLIGHT_H_
#define DRIVERS_POSTGRES_PREFLIGHT_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/verbs/verbs.h"

// What can be known of a restore's failure before it changes anything.
namespace siphon::postgres {

// Driver contract: Connection::CheckTarget(). Knows nothing of the dump: a target that takes no
// writes, is not empty, or in which the user may create nothing; a database to create that exists.
absl::Status CheckTarget(const base::Context& context, Session& session,
                         const verbs::RestoreOptions& options);

// What the archive needs and the server has not.
struct Findings {
  bool without_tablespaces = false;   // Some are missing: everything goes to the default one.
  std::vector<std::string> warnings;  // For the user.
};
// Extensions that the server does not have, roles that do not exist (but for `future_roles`, which
// the restore itself makes) or that the user cannot act for, schemas that are missing, tables that
// are there already or, for rows alone, are missing or not empty. `session` is connected to the
// target, or, when that is yet to be created, to another database of the server.
absl::StatusOr<Findings> CheckNeeds(const base::Context& context, Session& session,
                                    const Archive& archive, const RestorePlan& plan,
                                    const verbs::RestoreOptions& options,
                                    const std::set<std::string>& future_roles);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_PREFLIGHT_H_
