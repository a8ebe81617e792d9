// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_SCHEMAS_H_
#define DRIVERS_POSTGRES_SCHEMAS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// Adds to a plan of chosen tables the schemas that the target lacks, with their owners and grants,
// as far as the archive defines them. Returns SQL that creates the other missing schemas, and, for
// any plan, a missing schema "public", which no archive creates. `session` is connected to the
// target, or to another database of the server if the target is yet to be created.
absl::StatusOr<std::string> AddMissingSchemas(const base::Context& context, Session& session,
                                              const Archive& archive,
                                              const verbs::RestoreOptions& options,
                                              RestorePlan& plan);

// Removes from the plan the schemas that the target has and keeps: those of extensions if
// everything else is wiped, otherwise all. Returns SQL that gives them the owners that the archive
// records.
absl::StatusOr<std::string> KeepSchemas(const base::Context& context, Session& session,
                                        const Archive& archive, bool wipes, RestorePlan& plan);

// For a restore that replaces the objects of the plan: removes from the plan the schemas in which
// the target has relations that stay, because such a schema cannot be dropped.
absl::Status KeepOccupiedSchemas(const base::Context& context, Session& session,
                                 const Archive& archive, RestorePlan& plan);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_SCHEMAS_H_
