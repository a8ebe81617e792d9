// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_RESTORE_PLAN_H_
#define DRIVERS_POSTGRES_RESTORE_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// What of an archive is restored. Points into the archive.
struct RestorePlan {
  std::vector<const ArchiveEntry*> entries;  // In the archive's order.
  // The archive holds a database, and all of it is restored.
  bool whole = false;
  std::vector<const ArchiveEntry*> relations;  // The tables, views and sequences among them.
  // The same, if the options name them or the archive has nothing else (a backup of chosen tables);
  // empty in other cases.
  std::vector<const ArchiveEntry*> chosen;
  // What is left out although it was asked for, for the user: "sales.orders_2024 is restored as a
  // table of its own: ...".
  std::vector<std::string> remarks;

  // Tables that get rows.
  std::vector<const ArchiveEntry*> TablesWithData() const;
  // The oids of the large objects.
  std::vector<std::string> LargeObjects() const;
};

// A table that is chosen brings along what belongs to it: its rows, partitions, indexes,
// constraints, triggers, rules, policies, sequences, comments and grants. errs::kNotFound for a
// pattern that matches nothing in the archive.
absl::StatusOr<RestorePlan> PlanRestore(const Archive& archive,
                                        const verbs::RestoreOptions& options);

// Takes out what a scratch database must not or need not have: what belongs to roles (grants,
// policies, user mappings) and what acts beyond the database (publications, subscriptions, event
// triggers).
void KeepToTheDatabase(RestorePlan& plan);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_RESTORE_PLAN_H_
