// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_GRANTS_H_
#define DRIVERS_POSTGRES_GRANTS_H_

#include <set>
#include <string>
#include <string_view>

namespace siphon::postgres {

// The roles that statements of pg_dump's name: behind TO and FROM of a GRANT or REVOKE, behind FOR
// ROLE of ALTER DEFAULT PRIVILEGES, behind SET SESSION AUTHORIZATION, behind TO of a policy. PUBLIC
// and the like are no roles.
std::set<std::string> ParseGrantedRoles(std::string_view sql);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_GRANTS_H_
