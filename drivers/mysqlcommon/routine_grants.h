// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_ROUTINE_GRANTS_H_
#define DRIVERS_MYSQLCOMMON_ROUTINE_GRANTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// Rights on single routines (GRANT EXECUTE ON PROCEDURE). A server ends them when the routine is
// dropped, unlike rights on tables, views and databases. A restore that replaces routines grants
// them again.

// The rights of one account or role on one routine.
struct RoutineGrant {
  std::string kind;  // "PROCEDURE", "FUNCTION", "PACKAGE", "PACKAGE BODY"
  std::string routine;
  std::string key;  // The routine's name in upper case: the server does not distinguish it.
  std::string user;
  std::string host;    // Empty for a role of MariaDB.
  std::string rights;  // "EXECUTE, ALTER ROUTINE"
  bool grant_option = false;
};

// The GRANT statement that gives these rights in a database.
std::string GrantSql(const RoutineGrant& grant, const std::string& database);

// The rights on the routines of the session's database. If the user may not read mysql.procs_priv,
// `known` is false and the list is empty.
struct RoutineGrants {
  bool known = false;
  std::vector<RoutineGrant> grants;
};
absl::StatusOr<RoutineGrants> ReadRoutineGrants(const base::Context& context, Session& session);

// After a restore: grants what is in `before` and is no longer there, if the routine is there.
// Warns of what the user may not grant, with the statements.
absl::Status RestoreRoutineGrants(const base::Context& context, Session& session,
                                  const RoutineGrants& before);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_ROUTINE_GRANTS_H_
