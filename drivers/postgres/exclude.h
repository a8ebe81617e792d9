// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_EXCLUDE_H_
#define DRIVERS_POSTGRES_EXCLUDE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/restore_plan.h"
#include "siphon/domain/verbs/verbs.h"

// The objects that RestoreOptions::exclude_objects leaves out of a restore, as "KIND:NAME". The
// kind is the one of the SQL statement that creates the object, in lower case with dashes:
// "materialized-view". The name is a pattern like those of tables, with or without a schema. The
// name of a part of a table may include the table: "trigger:sales.orders.audit".
namespace siphon::postgres {

// errs::kInvalidArgument for an unknown kind or an invalid pattern.
absl::Status CheckExclusions(const std::vector<std::string>& objects);

// Removes the objects from `plan` together with everything that belongs to them: rows, comments,
// grants, the indexes and constraints of a table, the content of a schema. Returns the removed
// objects, to be reported to the user.
// `extensions` are those that the target has.
// errs::kNotFound for an object that the archive does not have; errs::kInvalidArgument for a name
// without wildcards that several objects have, and if an object that stays in the plan depends on a
// removed one.
absl::StatusOr<std::vector<verbs::LeftOut>> LeaveOutObjects(const Archive& archive,
                                                            const std::vector<std::string>& objects,
                                                            const std::set<std::string>& extensions,
                                                            RestorePlan& plan);

// True for the query of a view that needs a key of a table, or a function that needs the view, and
// so comes after these.
bool IsQueryOfView(const ArchiveEntry& entry);

// The value of --exclude-object that leaves this entry out: "index:public.t_a_idx". Empty for an
// entry that cannot be left out by itself.
std::string ExclusionOf(const Archive& archive, const ArchiveEntry& entry);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_EXCLUDE_H_
