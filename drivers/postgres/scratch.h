// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_SCRATCH_H_
#define DRIVERS_POSTGRES_SCRATCH_H_

#include <string>

#include "absl/status/status.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// The prefix of the names of scratch databases and of the roles that own them. A random suffix
// makes a name unique; role and database have the same one.
inline constexpr std::string_view kScratchPrefix = "siphon_scratch_";
std::string NewScratchName();

// The application_name of the session of the siphon that owns the scratch database `name`. The
// database is in use as long as this session exists.
std::string ScratchOwner(std::string_view name);

// Drops the user's scratch databases, and their roles, that no siphon owns any more.
void DropStaleScratch(const base::Context& context, Session& server);

// Drops a scratch database, and the role of the same name if it has one; reconnects with `settings`
// if the session was lost.
absl::Status DropScratch(Session& server, const Settings& settings, const std::string& name,
                         bool with_role);

// errs::kDatabase if the user may not create databases.
absl::Status CheckMayCreateDatabases(const base::Context& context, Session& server);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_SCRATCH_H_
