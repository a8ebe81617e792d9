// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_RELATIONS_H_
#define DRIVERS_POSTGRES_RELATIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// A table, view, or what else has rows, of a user's; extensions' own are left out.
struct Relation {
  std::string oid;
  std::string schema;
  std::string name;
  char kind = 'r';        // pg_class.relkind: r, p, v, m, f, S.
  bool visible = false;   // Found by its name alone along the search path.
  bool populated = true;  // False for a materialized view that cannot be read yet.
  std::string parent;     // The oid of the table that it is a partition of.
  // Partitions or tables that inherit from it exist, or existed once.
  bool has_children = false;
  int64_t rows = 0;   // The planner's estimate.
  int64_t bytes = 0;  // With TOAST, without indexes.
  int64_t index_bytes = 0;
  int indexes = 0;
};

// "table", "partitioned table", ... of a relkind.
std::string KindName(char kind);

// Ordered by schema and name.
absl::StatusOr<std::vector<Relation>> ReadRelations(const base::Context& context, Session& session);

// The exact number of its own rows (none of children's), within the session's transaction.
absl::StatusOr<int64_t> CountRows(const base::Context& context, Session& session,
                                  const std::string& schema, const std::string& name);

// Driver contract: Connection::Inspect(). Everything comes from one snapshot.
absl::StatusOr<verbs::Schema> Inspect(const base::Context& context, Session& session,
                                      const verbs::InspectOptions& options);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_RELATIONS_H_
