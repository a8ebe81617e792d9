// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_CLEAN_H_
#define DRIVERS_POSTGRES_CLEAN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/dependents.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// SQL that empties the database: it drops schemas with their content, everything in "public", large
// objects, casts, languages, foreign data wrappers, publications and event triggers. Extensions
// stay, except those that own the tables `reset`, because the dump has rows of these tables.
// Settings of the database, default privileges and "public" itself stay.
std::string WipeSql(const std::vector<std::string>& reset);

// SQL that separates the subscriptions that the plan replaces from their slots, as WipeSql() does.
absl::StatusOr<std::string> SeparateSubscriptions(const base::Context& context, Session& session,
                                                  const RestorePlan& plan);

// The quoted names of extensions' tables whose rows the plan restores.
std::vector<std::string> ExtensionTables(const RestorePlan& plan);

// SQL to run before and after a restore.
struct Frame {
  std::string before;
  std::string after;
  std::string last;  // After all grants.
};
// For rows that go into existing tables: disables triggers, drops foreign keys, and afterwards
// creates and so checks them again. Every trigger, also of partitions, gets its state back.
// Constraints of tables and domains that are NOT VALID stay so, and old rows need not meet them.
// `clean`: empties the tables first, except for the rows that an extension brought into its own
// tables; errs::kDatabase if these cannot be told apart.
absl::StatusOr<Frame> FrameForRows(const base::Context& context, Session& session,
                                   const Archive& archive, const RestorePlan& plan, bool clean);

// For relations that replace relations of the same name: drops the old ones, and afterwards creates
// the foreign keys that other tables have to them again, and what depends on them. Without a
// replacement, other objects that depend on them are an error of the server. A partition that is
// not among the relations is an error of the SQL.
absl::StatusOr<Frame> FrameForRelations(const base::Context& context, Session& session,
                                        const Archive& archive,
                                        const std::vector<const ArchiveEntry*>& relations,
                                        const std::optional<Replacement>& replacement);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_CLEAN_H_
