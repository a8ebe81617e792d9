// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/identity.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {

absl::StatusOr<driver::Identity> Identity(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session.QueryRow(context, {"bbtt"},
                                    "SELECT pg_catalog.has_function_privilege("
                                    "'pg_catalog.pg_control_system()', 'EXECUTE'),"
                                    " pg_catalog.pg_is_in_recovery(),"
                                    " extract(epoch FROM pg_catalog.pg_postmaster_start_time()),"
                                    " (SELECT oid FROM pg_catalog.pg_database"
                                    " WHERE datname = pg_catalog.current_database())"));
  // The start times of two servers hardly ever coincide.
  driver::Identity identity = {.database = std::string(rows.Text(0, 3)),
                               .server = std::string(rows.Text(0, 2)),
                               .replica = rows.Bool(0, 1)};
  if (rows.Bool(0, 0)) {
    // A statement of its own: the server checks the privilege even where nothing calls the
    // function.
    ASSIGN_OR_RETURN(identity.lineage, session.QueryText(context,
                                                         "SELECT system_identifier"
                                                         " FROM pg_catalog.pg_control_system()"));
  } else if (identity.replica) {
    return errs::SystemError(
        "postgres", errs::kDatabase,
        absl::StrCat(session.target(),
                     " is a standby, and the user may not ask it for its primary's identifier"),
        "GRANT EXECUTE ON FUNCTION pg_control_system() TO the user, on the primary");
  }
  return identity;
}

}  // namespace siphon::postgres
