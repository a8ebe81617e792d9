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

// Names of scratch databases begin so; what follows is unlike any other's.
inline constexpr std::string_view kScratchPrefix = "siphon_scratch_";
std::string NewScratchName();

// The application_name of the session that stands for a scratch database's siphon: as long as it is
// there, the database is in use.
std::string ScratchOwner(std::string_view name);

// Drops the user's scratch databases whose siphon is gone.
void DropStaleScratch(const base::Context& context, Session& server);

// Drops a scratch database; connects anew with `settings` when the server's session was lost.
absl::Status DropScratch(Session& server, const Settings& settings, const std::string& name);

// The user may create databases; errs::kDatabase otherwise.
absl::Status CheckMayCreateDatabases(const base::Context& context, Session& server);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_SCRATCH_H_
