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

// The name of the attachment next to a dump.
inline constexpr std::string_view kGlobalsName = "globals.sql";

// The roles and tablespaces of a server as SQL that can be run repeatedly: it leaves existing roles
// unchanged and creates missing ones with their settings and memberships. Tablespaces follow; they
// need folders on the server's machine. Hashes of passwords are included only if the user may read
// pg_authid. PostgreSQL's predefined roles are left out.
absl::StatusOr<std::string> ReadGlobals(const base::Context& context, Session& session);

// The part of the globals that a restore uses.
struct Globals {
  std::string roles_sql;        // One statement.
  std::set<std::string> roles;  // Their names.
};
// Parses the text of ReadGlobals(); errs::kInvalidArgument for any other text.
absl::StatusOr<Globals> ParseGlobals(std::string_view text);

// A part of ReadGlobals(): the value of a setting in the form for SET. Some settings have a list of
// names as their value ("\"$user\", public").
std::string SettingValue(std::string_view name, std::string_view value);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_GLOBALS_H_
