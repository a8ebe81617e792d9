// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_RELATIONS_H_
#define DRIVERS_POSTGRES_RELATIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// A user's table, view, sequence or other relation with rows; never one that belongs to an
// extension.
struct Relation {
  std::string oid;
  std::string schema;
  std::string name;
  char kind = 'r';        // pg_class.relkind: r, p, v, m, f, S.
  bool visible = false;   // Found on the search path by its name without a schema.
  bool populated = true;  // False for a materialized view that was never refreshed.
  // An unlogged table or sequence on a standby, which has neither its rows nor its value.
  bool out_of_reach = false;
  std::string parent;  // Of a partition: the oid of its partitioned table.
  // It has partitions or tables that inherit from it, or once had some.
  bool has_children = false;
  int64_t rows = 0;   // The planner's estimate.
  int64_t bytes = 0;  // With TOAST, without indexes.
  int64_t index_bytes = 0;
  int indexes = 0;
};

// The name of a relkind: "table", "partitioned table", ...
std::string KindName(char kind);

// All relations, ordered by schema and name.
absl::StatusOr<std::vector<Relation>> ReadRelations(const base::Context& context, Session& session);

// The exact number of the table's own rows, without rows of children, in the session's transaction.
// Planning a query may run functions of the table's indexes and statistics, with the rights of the
// user. The rows of a table that belongs to another role are therefore read by COPY, which plans no
// query. Null for a materialized view of another role on servers before 18, whose COPY refuses it.
absl::StatusOr<std::optional<int64_t>> CountRows(const base::Context& context, Session& session,
                                                 const Relation& relation);

// Driver contract: Connection::Inspect(). Reads everything in one snapshot.
absl::StatusOr<verbs::Schema> Inspect(const base::Context& context, Session& session,
                                      const verbs::InspectOptions& options);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_RELATIONS_H_
