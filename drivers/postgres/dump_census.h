// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_DUMP_CENSUS_H_
#define DRIVERS_POSTGRES_DUMP_CENSUS_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/choice.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// What a database has, and a dump that should have it does not.
struct Lacking {
  std::vector<std::string> objects;  // For people: "index public.t_a (not valid)".
  std::set<std::string> kinds;       // "index"
};
// The key of these kinds, with commas between them, in dumps::Contents::annotations.
inline constexpr std::string_view kNotSeen = "not_seen";

// Compares the catalogues of the database, in the snapshot of the dump, with the dump's table of
// contents. `relations` and `choice` are those of the backup. pg_dump leaves out, with or without a
// word, what a user may not see, what is not valid, and what was added to an extension or to
// pg_catalog. errs::kIntegrity if a chosen relation, or the rows of a chosen table, are missing.
absl::StatusOr<Lacking> FindLacking(const base::Context& context, Session& session,
                                    const Archive& archive, const std::vector<Relation>& relations,
                                    const Choice& choice, const verbs::BackupOptions& options);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_DUMP_CENSUS_H_
