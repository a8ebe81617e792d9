// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_GLOBALS_H_
#define DRIVERS_POSTGRES_GLOBALS_H_

#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// The name of the attachment beside a dump.
inline constexpr std::string_view kGlobalsName = "globals.sql";

// What a server has beside its databases, as SQL that can be run again and again: a role that
// exists is left as it is, a missing one is made with its settings and memberships. Tablespaces
// follow; they need folders on the server's machine. Passwords' hashes are there only where the
// user may read them (pg_authid). Roles that PostgreSQL itself makes are left out.
absl::StatusOr<std::string> ReadGlobals(const base::Context& context, Session& session);

// What a restore takes of them.
struct Globals {
  std::string roles_sql;        // One statement.
  std::set<std::string> roles;  // Their names.
};
// Reads what ReadGlobals() made; errs::kInvalidArgument for a text of another origin.
absl::StatusOr<Globals> ParseGlobals(std::string_view text);

// Parts of ReadGlobals(): the value of a setting as SET takes it, for the settings whose value is a
// list of names ("\"$user\", public") and for others.
std::string SettingValue(std::string_view name, std::string_view value);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_GLOBALS_H_
