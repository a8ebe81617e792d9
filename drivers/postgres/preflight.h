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

// Finds the reasons for which a restore would fail, before it changes anything.
namespace siphon::postgres {

// Driver contract: Connection::CheckTarget(). Does not look at the dump. Refuses a target that is
// read-only or not empty, or in which the user may not create anything, or into which subscriptions
// replicate, and a database to create that exists.
absl::Status CheckTarget(const base::Context& context, Session& session,
                         const verbs::RestoreOptions& options);

// What a restore must adapt to.
struct Findings {
  bool without_tablespaces = false;   // Some are missing, so everything goes to the default one.
  std::vector<std::string> warnings;  // For the user.
};
// Compares the needs of the archive with the server. Refuses extensions that are missing or in
// another schema, roles that do not exist (except `future_roles`, which the restore creates) or
// that the user is not a member of, tables, publications and other objects of the plan that exist
// already, and rows of tables that nothing creates; for rows alone, tables that are missing or not
// empty. `session` is connected to the target, or to another database of the server if the target
// is yet to be created.
absl::StatusOr<Findings> CheckNeeds(const base::Context& context, Session& session,
                                    const Archive& archive, const RestorePlan& plan,
                                    const verbs::RestoreOptions& options,
                                    const std::set<std::string>& future_roles);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_PREFLIGHT_H_
