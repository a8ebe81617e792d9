// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_FOREIGN_OWNERS_H_
#define DRIVERS_POSTGRES_FOREIGN_OWNERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// Removes from the plan the comments, security labels and grants on objects of the target that stay
// and that the user does not own: extensions, and the schema "public", whose owner stays as well.
// Returns a warning for each difference, and one that names what only a superuser may create.
// `session` is connected to the target.
absl::StatusOr<std::vector<std::string>> LeaveToOwners(const base::Context& context,
                                                       Session& session, const Archive& archive,
                                                       const verbs::RestoreOptions& options,
                                                       RestorePlan& plan);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_FOREIGN_OWNERS_H_
