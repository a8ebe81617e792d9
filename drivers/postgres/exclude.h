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
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/verbs/verbs.h"

// The objects that RestoreOptions::exclude_objects leaves out of a restore, as "KIND:NAME", and the
// tables, views and sequences that RestoreOptions::exclude_tables leaves out. The
// kind is the one of the SQL statement that creates the object, in lower case with dashes:
// "materialized-view". The name is a pattern like those of tables, with or without a schema. The
// name of a part of a table may include the table: "trigger:sales.orders.audit".
namespace siphon::postgres {

// errs::kInvalidArgument for an unknown kind or an invalid pattern.
absl::Status CheckExclusions(const std::vector<std::string>& objects);

// Objects of the target on which objects of the dump may depend.
struct TargetObjects {
  std::set<std::string> extensions;
  std::set<std::string> relations;  // By DisplayName().
};

// Reads the objects that LeaveOut() needs for these options. Reads nothing if the restore creates
// the database.
absl::StatusOr<TargetObjects> ReadTargetObjects(const base::Context& context, Session& session,
                                                const verbs::RestoreOptions& options);

// Removes the objects and tables that the options exclude from `plan`, together with everything
// that belongs to them: rows, comments, grants, the indexes and constraints of a table, the content
// of a schema. Returns the removed objects, to be reported to the user.
// errs::kNotFound for an object or a table that the archive does not have; errs::kInvalidArgument
// for a name of an object without wildcards that several have, and if an object that stays in the
// plan depends on a removed one that the target lacks.
absl::StatusOr<std::vector<verbs::LeftOut>> LeaveOut(const Archive& archive,
                                                     const verbs::RestoreOptions& options,
                                                     const TargetObjects& target,
                                                     RestorePlan& plan);

// True for the query of a view that needs a key of a table, or a function that needs the view, and
// so comes after these.
bool IsQueryOfView(const ArchiveEntry& entry);

// The value of --exclude-object that leaves this entry out: "index:public.t_a_idx". Empty for an
// entry that cannot be left out by itself.
std::string ExclusionOf(const Archive& archive, const ArchiveEntry& entry);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_EXCLUDE_H_
