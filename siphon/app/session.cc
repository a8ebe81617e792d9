// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/session.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/keys.h"
#include "siphon/base/file.h"
#include "siphon/domain/config/closest.h"
#include "siphon/domain/profile/same_database.h"
#include "siphon/domain/profile/url.h"
#include "siphon/domain/secrets/secrets.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/driver/databases.h"

namespace siphon::app {
namespace {

// True for what is meant as the path of a database file rather than as a profile.
bool LooksLikeFile(std::string_view name) {
  for (const std::string_view end : {".db", ".db3", ".sqlite", ".sqlite3"}) {
    if (absl::EndsWith(name, end)) return true;
  }
  return absl::StartsWith(name, "/") || absl::StartsWith(name, "./") ||
         absl::StartsWith(name, "../");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> Session::Open(Options options) {
  if (options.config_path.empty()) {
    ASSIGN_OR_RETURN(options.config_path, config::DefaultPath(*options.environment));
  }
  auto session = std::unique_ptr<Session>(new Session(std::move(options)));
  ASSIGN_OR_RETURN(session->config_,
                   config::Load(session->options_.config_path, *session->options_.environment));
  if (session->options_.config_must_exist && !session->config_.exists) {
    return errs::UserError(
        "config", errs::kNotFound,
        absl::StrCat("there is no configuration ", session->config_.path),
        "check the name after --config; 'siphon config edit' and 'siphon profile "
        "add' create a new file");
  }
  RETURN_IF_ERROR(session->OpenStore());
  session->encryption_ =
      MakeEncryption(session->config_.config.encryption,
                     secrets::Resolver(session->options_.environment, session->options_.prompter));
  session->catalog_ = std::make_unique<dumps::Catalog>(
      session->store_.get(), session->options_.clock, session->encryption_.get());
  return session;
}

absl::Status Session::OpenStore() {
  const config::Config& config = config_.config;
  const config::Storage& of = config.storage;
  storage::Settings settings{.directory = config.dump_dir};
  settings.values = {{"bucket", of.bucket},
                     {"prefix", of.prefix},
                     {"region", of.region},
                     {"endpoint", of.endpoint},
                     {"aws_profile", of.aws_profile},
                     {"access_key", of.access_key},
                     {"secret_key", of.secret_key},
                     {"session_token", of.session_token},
                     {"ca_file", of.ca_file},
                     {"part_size", of.part_size},
                     {"host", of.host},
                     {"user", of.user},
                     {"path", of.path},
                     {"identity_file", of.identity_file},
                     {"known_hosts", of.known_hosts},
                     {"ssh_config", of.ssh_config}};
  if (of.port.has_value()) settings.values["port"] = absl::StrCat(*of.port);
  if (of.path_style.has_value()) settings.values["path_style"] = *of.path_style ? "true" : "false";
  settings.resolve_secret = [resolver = secrets::Resolver(options_.environment, options_.prompter)](
                                std::string_view reference, std::string_view subject) {
    return resolver.Resolve(reference, subject);
  };
  settings.environment = options_.environment;
  settings.clock = options_.clock;
  ASSIGN_OR_RETURN(const storage::StoreKind* const kind, storage::GetStoreKind(of.type));
  ASSIGN_OR_RETURN(storage::Place place, kind->Open(settings));
  store_ = std::move(place.store);
  leases_ = std::move(place.leases);
  return absl::OkStatus();
}

absl::StatusOr<std::string> Session::ScratchDirectory() const {
  const config::Config& config = config_.config;
  if (config.storage.type != "local") {
    RETURN_IF_ERROR(base::CreateDirectories(config.dump_dir, 0700));
  }
  return config.dump_dir;
}

absl::StatusOr<profile::Profile> Session::FindProfile(std::string_view name_or_url) const {
  if (profile::LooksLikeUrl(name_or_url)) return profile::ParseUrl(name_or_url);
  const auto& profiles = config_.config.profiles;
  if (auto it = profiles.find(std::string(name_or_url)); it != profiles.end()) return it->second;
  const std::string_view server = ServerOf(name_or_url);
  if (const auto it = profiles.find(std::string(server)); it != profiles.end()) {
    RETURN_IF_ERROR(driver::RequireDatabases(it->second.driver));
    profile::Profile profile = it->second;
    profile.name = std::string(name_or_url);
    profile.database = std::string(name_or_url.substr(server.size() + 1));
    return profile;
  }
  const auto unusable = config_.unusable.find(std::string(server));
  if (unusable != config_.unusable.end()) return unusable->second;
  std::string hint;
  if (LooksLikeFile(name_or_url)) {
    hint = absl::StrCat("the URL of a database file of SQLite is sqlite://", name_or_url, "; ");
  }
  if (profiles.empty()) {
    absl::StrAppend(&hint, "there are no profiles in ", config_.path,
                    " yet: add one with 'siphon profile add', or give a "
                    "database URL such as "
                    "sqlite:///path/app.db");
  } else {
    std::vector<std::string> names;
    for (const auto& [name, unused] : profiles) names.push_back(name);
    const auto meant = config::Closest(name_or_url, {names.begin(), names.end()});
    if (meant.has_value()) hint = absl::StrCat("did you mean ", *meant, "? ");
    absl::StrAppend(&hint, "profiles in ", config_.path, ": ", absl::StrJoin(names, ", "));
  }
  // The text may be a misspelled URL with a password.
  return errs::UserError("profile", errs::kNotFound,
                         absl::StrCat("no profile \"", profile::RedactUrl(name_or_url), "\""),
                         hint);
}

absl::StatusOr<profile::ConnectionProfile> Session::Resolve(
    const profile::Profile& profile, std::optional<profile::Tools> tools) const {
  secrets::Resolver resolver(options_.environment, options_.prompter);
  profile::ConnectionProfile resolved;
  ASSIGN_OR_RETURN(resolved.password,
                   resolver.Resolve(profile.password, absl::StrCat("profile ", profile.name)));
  resolved.name = profile.name;
  resolved.driver = profile.driver;
  resolved.host = profile.host;
  resolved.port = profile.port;
  resolved.user = profile.user;
  resolved.database = profile.database;
  resolved.sslmode = profile.sslmode;
  resolved.parameters = profile.parameters;
  for (auto& [name, value] : resolved.parameters) {
    if (!profile::IsSecretParameter(name)) continue;
    ASSIGN_OR_RETURN(value,
                     resolver.Resolve(value, absl::StrCat("profile ", profile.name, ", ", name)));
  }
  resolved.tools = ChooseTools(tools.has_value() ? tools : profile.tools);
  resolved.environment = *options_.environment;
  // Next to the dumps, for each user: a driver trusts only what belongs to its own user.
  resolved.state_directory =
      base::JoinPath(config_.config.dump_dir, absl::StrCat(".state-", geteuid()));
  return resolved;
}

std::string_view Session::ServerOf(std::string_view name_or_url) {
  if (profile::LooksLikeUrl(name_or_url)) return name_or_url;
  return name_or_url.substr(0, name_or_url.find('/'));
}

profile::Tools Session::ChooseTools(std::optional<profile::Tools> requested) const {
  return requested.value_or(config_.config.tools.value_or(profile::Tools::kAuto));
}

std::vector<Session::Gate> Session::GatesOf(const profile::Profile& profile) const {
  const config::Config& config = config_.config;
  std::vector<Gate> gates;
  const auto add = [&](const profile::Profile& member) {
    const auto group = config.groups.find(member.group);
    if (group != config.groups.end()) gates.push_back({&member, &group->second});
  };
  if (!profile::LooksLikeUrl(profile.name)) {
    add(profile);
    if (ServerOf(profile.name) == profile.name) return gates;
  }
  for (const auto& [name, member] : config.profiles) {
    if (profile::IsSameDatabase(profile, member)) add(member);
  }
  return gates;
}

bool Session::IsConfirmedByName(const profile::Profile& profile) const {
  const std::vector<Gate> gates = GatesOf(profile);
  return std::any_of(gates.begin(), gates.end(),
                     [](const Gate& gate) { return gate.group->confirm_destructive; });
}

absl::Status Session::ConfirmDestructive(const profile::Profile& profile, std::string_view op,
                                         bool assume_yes) const {
  const std::vector<Gate> gates = GatesOf(profile);
  for (const Gate& gate : gates) {
    if (!gate.group->require_2fa) continue;
    return errs::UserError(
        op, errs::kConfirmationRefused,
        absl::StrCat("profile \"", gate.profile->name, "\" is in group \"", gate.profile->group,
                     "\", which has require_2fa, and this version cannot ask "
                     "for a code"),
        "remove the profile from the group for this operation");
  }
  for (const Gate& gate : gates) {
    if (!gate.group->confirm_destructive) continue;
    const std::string& name = gate.profile->name;
    return Confirm(
        op,
        absl::StrCat(op, " on \"", name, "\" is destructive. Type the profile name to confirm: "),
        name, assume_yes);
  }
  return absl::OkStatus();
}

absl::Status Session::Confirm(std::string_view op, std::string_view question,
                              std::string_view expected, bool assume_yes) const {
  if (assume_yes) return absl::OkStatus();
  if (!options_.confirmer) {
    return errs::UserError(op, errs::kConfirmationRefused,
                           absl::StrCat("no terminal to confirm ", op, " on \"", expected, "\""),
                           "give --yes");
  }
  return options_.confirmer(question, expected);
}

}  // namespace siphon::app
