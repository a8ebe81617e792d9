// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_DEPENDENTS_H_
#define DRIVERS_POSTGRES_DEPENDENTS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::postgres {

// SQL that replaces objects of a database that others depend on.
struct Replacement {
  std::string drop;    // Drops the objects, and before them what depends on them.
  std::string create;  // Creates again what depends on them and is not in the plan.
  std::string last;    // Fills the materialized views among these, after all grants.
};

// Looks in the definitions of the target, which pg_dump reads, for what depends on the relations of
// the plan; with `all`, on all objects of the plan. errs::kDatabase if that includes a table or a
// sequence, or if a table of the plan has a partition that the plan lacks: their content would be
// lost. The same error if the plan needs what depends on a relation and is not in the plan.
// Nothing if the user may not dump the definitions.
// `application` is the application_name of pg_dump.
absl::StatusOr<std::optional<Replacement>> PlanReplacement(
    const base::Context& context, Session& session, const profile::ConnectionProfile& profile,
    const std::string& application, const Archive& archive, const RestorePlan& plan, bool all);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_DEPENDENTS_H_
