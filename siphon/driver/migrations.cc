// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/migrations.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/profile/url.h"

namespace siphon::driver {
namespace {

constexpr std::string_view kOp = "migrate";

struct Registry {
  std::vector<std::unique_ptr<MigrationDriver>> drivers;
  std::map<std::string, MigrationDriver*, std::less<>> schemes;
};

std::string PercentEncode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '/' || c == '-' || c == '_' || c == '.') {
      out.push_back(c);
    } else {
      absl::StrAppendFormat(&out, "%%%02X", byte);
    }
  }
  return out;
}

profile::ConnectionProfile ConnectionOf(const profile::Profile& parsed) {
  profile::ConnectionProfile profile;
  profile.name = parsed.name;
  profile.driver = parsed.driver;
  profile.host = parsed.host;
  profile.port = parsed.port;
  profile.user = parsed.user;
  profile.password = parsed.password;
  profile.database = parsed.database;
  profile.sslmode = parsed.sslmode;
  profile.parameters = parsed.parameters;
  return profile;
}

Registry& TheRegistry() {
  static Registry* const registry = new Registry();
  return *registry;
}

}  // namespace

void RegisterMigrations(std::unique_ptr<MigrationDriver> driver) {
  Registry& registry = TheRegistry();
  for (const std::string_view scheme : driver->schemes()) {
    if (registry.schemes.emplace(std::string(scheme), driver.get()).second) continue;
    std::fprintf(stderr, "siphon: migrations of \"%.*s\" are registered twice\n",
                 static_cast<int>(scheme.size()), scheme.data());
    std::abort();
  }
  registry.drivers.push_back(std::move(driver));
}

absl::StatusOr<MigrationDriver*> GetMigrations(std::string_view scheme) {
  const auto& schemes = TheRegistry().schemes;
  const auto found = schemes.find(scheme);
  if (found != schemes.end()) return found->second;
  return errs::UserError(kOp, errs::kDriverUnsupported,
                         absl::StrCat("no engine with migrations is named \"", scheme, "\""),
                         absl::StrCat("known engines: ", absl::StrJoin(MigrationSchemes(), ", ")));
}

std::vector<std::string> MigrationSchemes() {
  std::vector<std::string> names;
  for (const auto& [scheme, driver] : TheRegistry().schemes) names.push_back(scheme);
  return names;
}

absl::StatusOr<profile::Profile> ParseMigrationUrl(std::string_view url) {
  const size_t colon = url.find("://");
  if (colon == std::string_view::npos) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("\"", profile::RedactUrl(url), "\" is not a database URL"),
                           "the form is postgres://user:password@host:port/database");
  }
  ASSIGN_OR_RETURN(MigrationDriver * driver, GetMigrations(url.substr(0, colon)));
  return profile::ParseUrl(absl::StrCat(driver->schemes()[0], url.substr(colon)));
}

absl::Status MigrationDriver::ForgetMigrations(profile::ConnectionProfile& profile) const {
  std::erase_if(profile.parameters, [](const auto& item) { return item.first.starts_with("x-"); });
  return absl::OkStatus();
}

absl::StatusOr<std::string> WithoutMigrations(std::string_view url) {
  ASSIGN_OR_RETURN(const profile::Profile parsed, ParseMigrationUrl(url));
  ASSIGN_OR_RETURN(MigrationDriver * driver, GetMigrations(parsed.driver));
  const profile::ConnectionProfile before = ConnectionOf(parsed);
  profile::ConnectionProfile after = before;
  RETURN_IF_ERROR(driver->ForgetMigrations(after));
  const auto stays = [&](const std::string& name) {
    if (name == "sslmode") return after.sslmode == before.sslmode;
    const auto was = before.parameters.find(name);
    if (was == before.parameters.end()) return true;  // A part of the URL, not a parameter.
    const auto is = after.parameters.find(name);
    return is != after.parameters.end() && is->second == was->second;
  };
  const size_t scheme = url.find("://");
  const size_t query = url.find('?');
  std::vector<std::string> kept;
  if (query != std::string_view::npos) {
    for (const std::string_view part :
         absl::StrSplit(url.substr(query + 1), '&', absl::SkipEmpty())) {
      if (stays(std::string(part.substr(0, part.find('='))))) kept.emplace_back(part);
    }
  }
  for (const auto& [name, value] : after.parameters) {
    const auto was = before.parameters.find(name);
    if (was != before.parameters.end() && was->second == value) continue;
    kept.push_back(absl::StrCat(PercentEncode(name), "=", PercentEncode(value)));
  }
  if (after.sslmode != before.sslmode) kept.push_back(absl::StrCat("sslmode=", after.sslmode));
  return absl::StrCat(parsed.driver, url.substr(scheme, query - scheme), kept.empty() ? "" : "?",
                      absl::StrJoin(kept, "&"));
}

absl::StatusOr<std::unique_ptr<migrate::Database>> OpenMigrations(const base::Context& context,
                                                                  std::string_view url,
                                                                  MigrationAccess access) {
  ASSIGN_OR_RETURN(const profile::Profile parsed, ParseMigrationUrl(url));
  ASSIGN_OR_RETURN(MigrationDriver * driver, GetMigrations(parsed.driver));
  return driver->Open(context, ConnectionOf(parsed), access);
}

absl::StatusOr<std::map<std::string, std::string>> TakeMigrationParameters(
    profile::ConnectionProfile& profile, const std::vector<std::string_view>& known) {
  std::map<std::string, std::string> taken;
  for (auto it = profile.parameters.begin(); it != profile.parameters.end();) {
    if (!it->first.starts_with("x-")) {
      ++it;
      continue;
    }
    if (std::find(known.begin(), known.end(), it->first) == known.end()) {
      return errs::UserError(
          kOp, errs::kInvalidArgument,
          absl::StrCat("the parameter \"", it->first, "\" is not known for ", profile.driver),
          absl::StrCat("known parameters: ", absl::StrJoin(known, ", ")));
    }
    taken.insert(*it);
    it = profile.parameters.erase(it);
  }
  return taken;
}

absl::StatusOr<bool> BoolParameter(const std::map<std::string, std::string>& parameters,
                                   const std::string& name, bool fallback) {
  const auto found = parameters.find(name);
  if (found == parameters.end() || found->second.empty()) return fallback;
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (found->second == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (found->second == no) return false;
  }
  return errs::UserError(kOp, errs::kInvalidArgument,
                         absl::StrCat(name, " is \"", found->second, "\""), "it is true or false");
}

}  // namespace siphon::driver
