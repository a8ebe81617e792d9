// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_GRANTS_H_
#define DRIVERS_POSTGRES_GRANTS_H_

#include <set>
#include <string>
#include <string_view>

namespace siphon::postgres {

// The roles in statements by pg_dump: after TO and FROM in GRANT and REVOKE, after FOR ROLE in
// ALTER DEFAULT PRIVILEGES, after SET SESSION AUTHORIZATION, after TO in a policy. Without keywords
// such as PUBLIC and CURRENT_USER, which are no roles.
std::set<std::string> ParseGrantedRoles(std::string_view sql);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_GRANTS_H_
