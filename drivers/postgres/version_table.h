// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_VERSION_TABLE_H_
#define DRIVERS_POSTGRES_VERSION_TABLE_H_

#include <string>

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

struct VersionTable {
  std::string schema = "";
  std::string table = "";
};

// The version table that x-migrations-table `name` means in a session for the user; empty:
// schema_migrations. If `quoted`, the name is "table" or "schema"."table" with the quotes.
// errs::kInvalidArgument for an invalid name.
//
// A migration can create the first schema of the search_path ("$user", public), or change the path.
// A name without a schema then means another table, and no migration seems to be applied.
// Therefore, if that table does not exist, but a version table of this name exists in another
// schema of the path, the function returns an error that names the other table. If the path is a
// setting of the role or the database, a version table of the user's own in any schema counts.
absl::StatusOr<VersionTable> FindVersionTable(const base::Context& context, Session& session,
                                              const std::string& current_schema,
                                              const std::string& name, bool quoted);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_VERSION_TABLE_H_
