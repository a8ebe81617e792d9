// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/scratch.h"

#include <chrono>
#include <memory>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/new_database.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::chrono::seconds kReconnectLimit{10};
constexpr std::chrono::seconds kDropLimit{30};

absl::Status DropRole(Session& server, std::string_view name) {
  const base::Context briefly =
      base::Context().WithDeadline(std::chrono::steady_clock::now() + kDropLimit);
  return server.Execute(briefly, absl::StrCat("DROP ROLE IF EXISTS ", QuoteIdentifier(name)));
}

}  // namespace

std::string NewScratchName() {
  std::random_device device;
  return absl::StrFormat("%s%08x%08x", kScratchPrefix, device(), device());
}

std::string ScratchOwner(std::string_view name) { return absl::StrCat("siphon/", name); }

void DropStaleScratch(const base::Context& context, Session& server) {
  // Databases of the user, or of a scratch role that belongs to the user. The session of the siphon
  // that owns them is not one of the scratch role, whose code could claim to be siphon.
  constexpr std::string_view kUnowned =
      " ~ '^siphon_scratch_[0-9a-f]{16}$' AND NOT EXISTS ("
      "SELECT 1 FROM pg_catalog.pg_stat_activity a"
      " WHERE a.application_name = $1 || r.name AND a.usename <> r.name)";
  const absl::StatusOr<Rows> databases = server.Query(
      context, {"t"},
      absl::StrCat(
          "SELECT r.name FROM (SELECT d.datname AS name, o.rolname AS owner, d.datdba"
          " FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles o ON o.oid = d.datdba) r"
          " WHERE (r.owner = current_user OR r.owner = r.name)"
          " AND pg_catalog.pg_has_role(r.datdba, 'USAGE')"
          " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity b"
          " WHERE b.datname = r.name AND b.backend_type = 'client backend'"
          " AND b.usename <> r.name) AND r.name",
          kUnowned),
      {ScratchOwner("")});
  if (!databases.ok()) return;
  for (int row = 0; row < databases->size(); ++row) {
    DropDatabase(server, databases->Text(row, 0)).IgnoreError();
  }
  const absl::StatusOr<Rows> roles = server.Query(
      context, {"t"},
      absl::StrCat("SELECT r.name FROM (SELECT rolname AS name, oid FROM pg_catalog.pg_roles) r"
                   " WHERE pg_catalog.pg_has_role(r.oid, 'USAGE') AND NOT EXISTS ("
                   "SELECT 1 FROM pg_catalog.pg_database d WHERE d.datname = r.name) AND r.name",
                   kUnowned),
      {ScratchOwner("")});
  if (!roles.ok()) return;
  for (int row = 0; row < roles->size(); ++row) {
    DropRole(server, roles->Text(row, 0)).IgnoreError();
  }
}

absl::Status DropScratch(Session& server, const Settings& settings, const std::string& name,
                         bool with_role) {
  Session* session = &server;
  std::unique_ptr<Session> again;
  if (server.broken()) {
    const base::Context briefly =
        base::Context().WithDeadline(std::chrono::steady_clock::now() + kReconnectLimit);
    ASSIGN_OR_RETURN(again, Session::Connect(briefly, settings));
    session = again.get();
  }
  RETURN_IF_ERROR(DropDatabase(*session, name));
  return with_role ? DropRole(*session, name) : absl::OkStatus();
}

absl::Status CheckMayCreateDatabases(const base::Context& context, Session& server) {
  ASSIGN_OR_RETURN(const std::string may,
                   server.QueryText(context,
                                    "SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles"
                                    " WHERE rolname = current_user"));
  if (may == "t") return absl::OkStatus();
  return errs::SystemError("postgres", errs::kDatabase,
                           absl::StrCat(server.target(), ": the user may not create databases"),
                           "ALTER ROLE ... CREATEDB, or name another profile");
}

}  // namespace siphon::postgres
