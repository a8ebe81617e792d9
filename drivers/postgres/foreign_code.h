// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_FOREIGN_CODE_H_
#define DRIVERS_POSTGRES_FOREIGN_CODE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// Returns an error if writing to one of `tables` (quoted and qualified) would run another role's
// code with a superuser's rights. That is so if the session's user is a superuser, the owner of the
// table is not, and the table has a trigger, a rule, a policy, a check, a default, a generated
// column, an index with an expression, a column of a type from outside of pg_catalog, a foreign key
// in either direction, or a table that inherits from it. A table that does not exist passes. May be
// called in a session of ConnectForUser().
absl::Status CheckRunsNoForeignCode(const base::Context& context, Session& session,
                                    const std::vector<std::string>& tables);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_FOREIGN_CODE_H_
