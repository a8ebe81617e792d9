// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_CLEAN_H_
#define DRIVERS_POSTGRES_CLEAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// SQL that leaves of the database what a new one has: drops schemas with all that is in them, what
// stands in "public", large objects, casts, languages, foreign data wrappers, publications, event
// triggers. Extensions stay, but for those to which the tables `reset` belong: the dump has rows of
// these. Settings of the database, default privileges and "public" itself stay.
std::string WipeSql(const std::vector<std::string>& reset);

// Takes the schemas out of the plan that WipeSql() leaves because extensions stand in them. SQL
// that gives them the owners that they have in the archive.
absl::StatusOr<std::string> KeepSchemasOfExtensions(const base::Context& context, Session& session,
                                                    RestorePlan& plan);

// The tables of extensions, quoted, of which the plan has rows.
std::vector<std::string> ExtensionTables(const RestorePlan& plan);

// What must happen around rows that go into tables that are there already: triggers and foreign
// keys are out of the way meanwhile, and foreign keys are checked at the end.
struct Frame {
  std::string before;
  std::string after;
};
// `clean`: the tables are emptied first.
absl::StatusOr<Frame> FrameForRows(const base::Context& context, Session& session,
                                   const Archive& archive, const RestorePlan& plan, bool clean);

// What must happen around relations that replace those of the same name: the old ones go, and
// foreign keys that others have to them are made anew.
absl::StatusOr<Frame> FrameForRelations(const base::Context& context, Session& session,
                                        const Archive& archive,
                                        const std::vector<const ArchiveEntry*>& relations);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_CLEAN_H_
