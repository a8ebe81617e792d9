// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/scratch_place.h"

#include <optional>
#include <random>
#include <set>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/new_database.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
// Grants have options since this version.
constexpr int kFirstWithGrantOptions = 16;
// pg_hba.conf takes patterns of roles since this version.
constexpr int kFirstWithPatterns = 16;

std::string RandomPassword() {
  std::random_device device;
  return absl::StrFormat("%08x%08x%08x%08x", device(), device(), device(), device());
}

absl::StatusOr<std::set<std::string>> QueryNames(const base::Context& context, Session& session,
                                                 const std::string& sql) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"t"}, sql));
  std::set<std::string> names;
  for (int row = 0; row < rows.size(); ++row) names.emplace(rows.Text(row, 0));
  return names;
}

// The line of pg_hba.conf that lets scratch roles in. Role and database have the same name.
absl::StatusOr<std::string> HbaLine(const base::Context& context, Session& admin) {
  ASSIGN_OR_RETURN(
      const std::string address,
      admin.QueryText(context,
                      "SELECT COALESCE(pg_catalog.host(pg_catalog.inet_client_addr()), '')"));
  const std::string_view role =
      admin.server_major() >= kFirstWithPatterns ? "/^siphon_scratch_" : "all";
  if (address.empty()) return absl::StrCat("local sameuser ", role, " scram-sha-256");
  return absl::StrCat("host sameuser ", role, " ", address,
                      absl::StrContains(address, ":") ? "/128" : "/32", " scram-sha-256");
}

}  // namespace

absl::StatusOr<std::string> ScratchPlace::CreateRole(const base::Context& context) {
  std::string password = RandomPassword();
  ASSIGN_OR_RETURN(const std::string verifier, admin_->PasswordVerifier(name_, password));
  // Close() ends the time to log in; if siphon is killed before, the server does.
  ASSIGN_OR_RETURN(
      const std::string until,
      admin_->QueryText(context,
                        "SELECT (pg_catalog.clock_timestamp() + '10 minutes'::pg_catalog.interval)"
                        "::pg_catalog.text"));
  const std::string role = QuoteIdentifier(name_);
  RETURN_IF_ERROR(admin_->Execute(
      context, absl::StrCat("CREATE ROLE ", role,
                            " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
                            " NOBYPASSRLS PASSWORD ",
                            QuoteLiteral(verifier), " VALID UNTIL ", QuoteLiteral(until))));
  // A user who is no superuser must be a member of the role to give it the database.
  ASSIGN_OR_RETURN(const std::string member,
                   admin_->QueryText(context,
                                     "SELECT rolsuper FROM pg_catalog.pg_roles"
                                     " WHERE rolname = current_user"));
  if (member == "t") return password;
  const bool options = admin_->server_major() >= kFirstWithGrantOptions;
  RETURN_IF_ERROR(
      admin_->Execute(context, absl::StrCat("GRANT ", role, " TO CURRENT_USER",
                                            options ? " WITH INHERIT TRUE, SET TRUE" : "")));
  return password;
}

absl::Status ScratchPlace::CreateDatabase(const base::Context& context, const Archive& archive) {
  const std::string database = QuoteIdentifier(name_);
  // Nobody may connect before the right to connect is taken from everybody.
  RETURN_IF_ERROR(
      postgres::CreateDatabase(context, *admin_, name_, &archive,
                               absl::StrCat(" OWNER = ", database, " ALLOW_CONNECTIONS = false")));
  RETURN_IF_ERROR(
      admin_->Execute(context, absl::StrCat("REVOKE ALL ON DATABASE ", database, " FROM PUBLIC")));
  return admin_->Execute(context,
                         absl::StrCat("ALTER DATABASE ", database, " ALLOW_CONNECTIONS true"));
}

// The user's own session in the database, while it is empty and nobody else can be in it. Later
// none of the user's sessions may enter it.
absl::Status ScratchPlace::Furnish(const base::Context& context, const Archive& archive,
                                   const RestorePlan& plan) {
  Settings settings = admin_->settings();
  settings["dbname"] = name_;
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Session::Connect(context, settings));
  std::set<std::string> schemas = {"pg_catalog", "public"};
  for (const ArchiveEntry* entry : plan.entries) {
    if (entry->kind != "EXTENSION") continue;
    const std::optional<ExtensionName> extension =
        ParseExtension(ArchiveText(archive, entry->definition));
    if (!extension.has_value()) continue;
    if (schemas.insert(extension->schema).second) {
      RETURN_IF_ERROR(session->Execute(
          context, absl::StrCat("CREATE SCHEMA IF NOT EXISTS ", QuoteIdentifier(extension->schema),
                                " AUTHORIZATION ", QuoteIdentifier(name_))));
    }
    // Names alone come from the dump; what is run is the server's own script.
    const absl::Status created = session->Execute(
        context, absl::StrCat("CREATE EXTENSION IF NOT EXISTS ", QuoteIdentifier(extension->name),
                              " SCHEMA ", QuoteIdentifier(extension->schema)));
    RETURN_IF_ERROR(context.Check());
    if (session->broken()) return created;
  }
  ASSIGN_OR_RETURN(facts_.extensions,
                   QueryNames(context, *session, "SELECT extname FROM pg_catalog.pg_extension"));
  ASSIGN_OR_RETURN(facts_.schemas,
                   QueryNames(context, *session, "SELECT nspname FROM pg_catalog.pg_namespace"));
  ASSIGN_OR_RETURN(facts_.languages,
                   QueryNames(context, *session,
                              "SELECT lanname FROM pg_catalog.pg_language WHERE lanpltrusted"));
  return absl::OkStatus();
}

absl::Status ScratchPlace::LogIn(const base::Context& context, const std::string& password) {
  Settings settings = admin_->settings();
  settings["dbname"] = settings["user"] = name_;
  settings["password"] = password;
  settings["application_name"] = "siphon";
  // They may hold settings that only a superuser may change.
  settings.erase("options");
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Connect(context, settings);
  if (session.ok()) {
    session_ = *std::move(session);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(context.Check());
  std::optional<errs::Error> error = errs::GetError(session.status());
  if (!error.has_value()) return session.status();
  ASSIGN_OR_RETURN(const std::string line, HbaLine(context, *admin_));
  error->detail = absl::StrCat(
      "siphon made a role without rights for the code of the dump, which "
      "cannot log in: ",
      error->detail);
  error->hint = absl::StrCat("put this line above the others of the server's pg_hba.conf: \"", line,
                             "\"; or, for a dump that you trust, restore with your own rights: "
                             "--trust (the server said: ",
                             error->hint, ")");
  return errs::MakeStatus(*std::move(error));
}

absl::Status ScratchPlace::Create(const base::Context& context, const Archive& archive,
                                  const RestorePlan& plan) {
  ASSIGN_OR_RETURN(const std::string password, CreateRole(context));
  RETURN_IF_ERROR(CreateDatabase(context, archive));
  RETURN_IF_ERROR(Furnish(context, archive, plan));
  return LogIn(context, password);
}

absl::Status ScratchPlace::Close(const base::Context& context) {
  return admin_->Execute(context, absl::StrCat("ALTER ROLE ", QuoteIdentifier(name_), " NOLOGIN"));
}

absl::Status CheckMayCreateRoles(const base::Context& context, Session& server) {
  ASSIGN_OR_RETURN(const std::string may,
                   server.QueryText(context,
                                    "SELECT rolcreaterole OR rolsuper FROM pg_catalog.pg_roles"
                                    " WHERE rolname = current_user"));
  if (may == "t") return absl::OkStatus();
  return errs::SystemError(
      kOp, errs::kDatabase,
      absl::StrCat(server.target(),
                   ": the user may create databases but no roles, so the code of the dump would "
                   "run with the user's own rights"),
      "ALTER ROLE ... CREATEROLE, or name another profile; for a dump that you trust: --trust");
}

}  // namespace siphon::postgres
