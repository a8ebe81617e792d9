// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/identity.h"

#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"

namespace siphon::postgres {

absl::StatusOr<std::string> Identity(const base::Context& context, Session& session) {
  // Without the privilege to read the control file the other two must do; they hardly ever
  // coincide.
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.QueryRow(context, {"t?tt"},
                       "SELECT CASE WHEN pg_catalog.has_function_privilege("
                       "'pg_catalog.pg_control_system()', 'EXECUTE')"
                       " THEN (SELECT system_identifier FROM pg_catalog.pg_control_system()) END,"
                       " extract(epoch FROM pg_catalog.pg_postmaster_start_time()),"
                       " (SELECT oid FROM pg_catalog.pg_database"
                       " WHERE datname = pg_catalog.current_database())"));
  return absl::StrCat("postgres:", rows.Text(0, 0), "/", rows.Text(0, 1), "/", rows.Text(0, 2));
}

}  // namespace siphon::postgres
