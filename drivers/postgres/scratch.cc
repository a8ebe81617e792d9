// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/scratch.h"

#include <chrono>
#include <memory>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "drivers/postgres/new_database.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::chrono::seconds kReconnectLimit{10};

}  // namespace

std::string NewScratchName() {
  std::random_device device;
  return absl::StrFormat("%s%08x%08x", kScratchPrefix, device(), device());
}

std::string ScratchOwner(std::string_view name) { return absl::StrCat("siphon/", name); }

void DropStaleScratch(const base::Context& context, Session& server) {
  const absl::StatusOr<Rows> stale =
      server.Query(context, {"t"},
                   "SELECT d.datname FROM pg_catalog.pg_database d"
                   " JOIN pg_catalog.pg_roles r ON r.oid = d.datdba AND r.rolname = current_user"
                   " WHERE pg_catalog.starts_with(d.datname, $1) AND NOT EXISTS ("
                   "SELECT 1 FROM pg_catalog.pg_stat_activity a"
                   " WHERE a.application_name = $2 || d.datname OR a.datname = d.datname)",
                   {std::string(kScratchPrefix), ScratchOwner("")});
  if (!stale.ok()) return;
  for (int row = 0; row < stale->size(); ++row) {
    DropDatabase(server, stale->Text(row, 0)).IgnoreError();
  }
}

absl::Status DropScratch(Session& server, const Settings& settings, const std::string& name) {
  if (!server.broken()) return DropDatabase(server, name);
  const base::Context briefly =
      base::Context().WithDeadline(std::chrono::steady_clock::now() + kReconnectLimit);
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> again, Session::Connect(briefly, settings));
  return DropDatabase(*again, name);
}

absl::Status CheckMayCreateDatabases(const base::Context& context, Session& server) {
  ASSIGN_OR_RETURN(const std::string may,
                   server.QueryText(context,
                                    "SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles"
                                    " WHERE rolname = current_user"));
  if (may == "t") return absl::OkStatus();
  return errs::UserError("postgres", errs::kDatabase,
                         absl::StrCat(server.target(), ": the user may not create databases"),
                         "ALTER ROLE ... CREATEDB, or name another profile");
}

}  // namespace siphon::postgres
