// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/migration_options.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <map>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "drivers/mysqlcommon/settings.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/base/units.h"
#include "siphon/driver/migrations.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.migrate";
constexpr size_t kLongestCertificate = size_t{1} << 20;

using Parameters = std::map<std::string, std::string>;

bool IsAnyOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

absl::Status Invalid(std::string_view detail, std::string_view hint = "") {
  return errs::UserError(kOp, errs::kInvalidArgument, std::string(detail), std::string(hint));
}

std::string Take(Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return "";
  std::string value = std::move(found->second);
  parameters.erase(found);
  return value;
}

// tls=<name> with an authority's certificate in x-tls-ca, as golang-migrate defines it.
absl::Status TakeOwnTls(Parameters& x, profile::ConnectionProfile& profile,
                        const std::string& name) {
  const std::string ca = x["x-tls-ca"];
  if (ca.empty()) {
    return Invalid(absl::StrCat("tls is \"", name, "\" and x-tls-ca is missing"),
                   "set x-tls-ca to the file with the authority's certificate; other values of "
                   "tls are true, false, skip-verify and preferred");
  }
  ASSIGN_OR_RETURN(const std::string pem, base::ReadFile(ca, kLongestCertificate));
  if (!absl::StrContains(pem, "-----BEGIN CERTIFICATE-----")) {
    return Invalid(absl::StrCat("x-tls-ca: ", ca, " contains no PEM certificate"));
  }
  if (x["x-tls-cert"].empty() != x["x-tls-key"].empty()) {
    return Invalid("only one of x-tls-cert and x-tls-key is set; set both, or neither");
  }
  ASSIGN_OR_RETURN(const bool any, driver::BoolParameter(x, "x-tls-insecure-skip-verify", false));
  profile.sslmode = any ? "require" : "verify-full";
  if (!any) profile.parameters["sslrootcert"] = ca;
  if (!x["x-tls-cert"].empty()) {
    profile.parameters["sslcert"] = x["x-tls-cert"];
    profile.parameters["sslkey"] = x["x-tls-key"];
  }
  return absl::OkStatus();
}

absl::Status TakeTls(Parameters& x, profile::ConnectionProfile& profile) {
  const std::string tls = Take(profile.parameters, "tls");
  if (!tls.empty() && !profile.sslmode.empty()) {
    return Invalid("both tls and sslmode are given", "they mean the same: use one of them");
  }
  if (IsAnyOf(tls, {"1", "true", "TRUE", "True"})) {
    profile.sslmode = "verify-full";
    profile.parameters.emplace("sslrootcert", "system");
  } else if (IsAnyOf(tls, {"0", "false", "FALSE", "False"})) {
    profile.sslmode = "disable";
  } else if (absl::EqualsIgnoreCase(tls, "skip-verify")) {
    profile.sslmode = "require";
  } else if (absl::EqualsIgnoreCase(tls, "preferred")) {
    profile.sslmode = "prefer";
  } else if (!tls.empty()) {
    return TakeOwnTls(x, profile, tls);
  }
  for (const auto& [name, value] : x) {
    if (!name.starts_with("x-tls-") || value.empty()) continue;
    return Invalid(absl::StrCat(name, " means something with tls=<name> only"),
                   "add tls=custom, or leave it out");
  }
  return absl::OkStatus();
}

// Parameters of go-sql-driver's DSN (its README), other than tls, that have a meaning here.
absl::Status TakeDsnParameters(profile::ConnectionProfile& profile, MigrationOptions& options) {
  Parameters& parameters = profile.parameters;
  const std::string charset = Take(parameters, "charset");
  if (!charset.empty()) {
    // go-sql-driver uses the first one that the server knows.
    const std::vector<std::string> names = absl::StrSplit(charset, ',');
    if (!IsAnyOf(names[0], {"utf8mb4", "utf8", "utf8mb3"})) {
      return Invalid(absl::StrCat("charset is \"", charset, "\""),
                     "siphon reads migrations as UTF-8: leave charset out");
    }
  }
  if (const std::string timeout = Take(parameters, "timeout"); !timeout.empty()) {
    ASSIGN_OR_RETURN(const absl::Duration limit, base::ParseDuration(timeout));
    const int64_t seconds =
        std::max<int64_t>(1, absl::ToInt64Seconds(absl::Ceil(limit, absl::Seconds(1))));
    parameters.emplace("connect_timeout", absl::StrCat(seconds));
  }
  for (auto it = parameters.begin(); it != parameters.end();) {
    const std::string& name = it->first;
    if (std::ranges::find(kParameterNames, name) != std::end(kParameterNames)) {
      ++it;
      continue;
    }
    if (name == "serverPubKey") {
      return Invalid("serverPubKey is not supported",
                     "name the file in server_public_key_path, or connect with tls=true");
    }
    // Parameters about Go's types, and about behaviour that siphon always has.
    const bool dropped = IsAnyOf(
        name, {"allowAllFiles", "allowCleartextPasswords", "allowFallbackToPlaintext",
               "allowNativePasswords", "allowOldPasswords", "checkConnLiveness", "clientFoundRows",
               "columnsWithAlias", "compress", "connectionAttributes", "interpolateParams", "loc",
               "maxAllowedPacket", "multiStatements", "parseTime", "readTimeout", "rejectReadOnly",
               "timeTruncate", "writeTimeout"});
    if (!dropped) {
      const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
      });
      if (!plain || it->second.empty()) {
        return Invalid(absl::StrCat("unknown parameter \"", name, "\""));
      }
      options.variables.emplace_back(name, it->second);
    }
    it = parameters.erase(it);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MigrationOptions> TakeMigrationOptions(profile::ConnectionProfile& profile) {
  ASSIGN_OR_RETURN(Parameters x, driver::TakeMigrationParameters(
                                     profile, {"x-migrations-table", "x-no-lock",
                                               "x-statement-timeout", "x-tls-ca", "x-tls-cert",
                                               "x-tls-key", "x-tls-insecure-skip-verify"}));
  MigrationOptions options;
  if (!x["x-migrations-table"].empty()) options.table = x["x-migrations-table"];
  ASSIGN_OR_RETURN(const bool no_lock, driver::BoolParameter(x, "x-no-lock", false));
  options.lock = !no_lock;
  if (const std::string& text = x["x-statement-timeout"]; !text.empty()) {
    int64_t timeout = 0;
    if (!absl::SimpleAtoi(text, &timeout) || timeout < 0) {
      return Invalid(absl::StrCat("x-statement-timeout is \"", text, "\""),
                     "use a number of milliseconds");
    }
    options.statement_timeout = std::chrono::milliseconds(timeout);
  }
  RETURN_IF_ERROR(TakeTls(x, profile));
  RETURN_IF_ERROR(TakeDsnParameters(profile, options));
  return options;
}

}  // namespace siphon::mysqlcommon
