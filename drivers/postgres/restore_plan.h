// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_RESTORE_PLAN_H_
#define DRIVERS_POSTGRES_RESTORE_PLAN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// The part of an archive that is restored. Points into the archive.
struct RestorePlan {
  std::vector<const ArchiveEntry*> entries;  // In the order of the archive.
  // The archive holds a database, and all of it is restored.
  bool whole = false;
  std::vector<const ArchiveEntry*> relations;  // The tables, views and sequences among them.
  // Equal to `relations` if the options choose tables, or if the archive is a backup of chosen
  // tables; otherwise empty.
  std::vector<const ArchiveEntry*> chosen;
  // Large objects that are left out. Entries of `entries` may hold some of them, with others.
  std::unordered_set<uint32_t> left_out_large_objects;
  // Entries of `entries` that are not restored as they are in the archive: their bytes, by id.
  std::unordered_map<int32_t, std::string> changed;
  // Warnings for the user about differences from the dump: "sales.orders_2024 is restored as a
  // table of its own: ...".
  std::vector<std::string> remarks;

  // The entries of tables' rows.
  std::vector<const ArchiveEntry*> TablesWithData() const;
  // Those of tables that the plan does not create: the tables of extensions, and all tables of a
  // dump of rows alone.
  std::vector<const ArchiveEntry*> DataWithoutTable() const;
  // The oids of the large objects that are restored.
  std::vector<std::string> LargeObjects() const;
  // The bytes of an entry for the table of contents of the restored archive.
  std::string_view Bytes(const ArchiveEntry& entry) const;
};

// A chosen table includes everything that belongs to it: rows, partitions, indexes, constraints,
// triggers, rules, policies, sequences, comments, grants and statistics. errs::kNotFound for a
// pattern that matches nothing in the archive.
absl::StatusOr<RestorePlan> PlanRestore(const Archive& archive,
                                        const verbs::RestoreOptions& options);

// errs::kNotFound for a pattern of tables without a match, with the tables that the archive has.
absl::Status NoTableMatches(const Archive& archive, const std::string& pattern);

// The ids of the relations `ids` and of everything that belongs to them, as above.
EntryIds WithParts(const Archive& archive, const EntryIds& ids);

// True for the kinds of entries that `relations` has.
bool IsRelation(const ArchiveEntry& entry);

// Removes entries that a scratch database must not or need not have: those that name roles (grants,
// policies, user mappings), and those that act beyond the database or on the restore itself
// (publications, subscriptions, event triggers). Returns the latter.
std::vector<verbs::LeftOut> KeepToTheDatabase(const Archive& archive, RestorePlan& plan);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_RESTORE_PLAN_H_
