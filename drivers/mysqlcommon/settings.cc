// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/settings.h"

#include <sys/stat.h>

#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/ownership.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.connect";
constexpr int kDefaultPort = 3306;
constexpr int kHighestPort = 65535;
// The socket of Debian's servers and most others.
constexpr std::string_view kUsualSocket = "/run/mysqld/mysqld.sock";
constexpr std::string_view kSocketName = "mysqld.sock";
// Time limit of each attempt, so that a server that does not answer is reported soon.
constexpr std::chrono::seconds kDefaultTimeout{15};
// The silence after which a server is asked whether the statement still runs.
constexpr std::chrono::seconds kDefaultReadTimeout{60};

absl::Status Invalid(std::string_view name, std::string_view value, std::string_view hint) {
  return errs::UserError(kOp, errs::kInvalidArgument, absl::StrCat(name, " is \"", value, "\""),
                         hint);
}

bool IsSocket(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

bool IsFolder(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

absl::StatusOr<TlsMode> ParseTls(std::string_view mode) {
  if (mode == "disable") return TlsMode::kDisable;
  if (mode.empty() || mode == "prefer" || mode == "allow") return TlsMode::kPrefer;
  if (mode == "require") return TlsMode::kRequire;
  if (mode == "verify-ca") return TlsMode::kVerifyCa;
  if (mode == "verify-full") return TlsMode::kVerifyFull;
  return Invalid("sslmode", mode, "use disable, prefer, require, verify-ca or verify-full");
}

absl::Status SetSeconds(std::string_view name, std::string_view value,
                        std::chrono::seconds& setting) {
  int seconds = 0;
  if (!absl::SimpleAtoi(value, &seconds) || seconds < 0) {
    return Invalid(name, value, "use a number of seconds, or 0 for no limit");
  }
  setting = std::chrono::seconds(seconds);
  return absl::OkStatus();
}

absl::Status SetTlsVersions(std::string_view value, Settings& settings) {
  for (const std::string_view version : absl::StrSplit(value, ',')) {
    if (version != "TLSv1" && version != "TLSv1.0" && version != "TLSv1.1" &&
        version != "TLSv1.2" && version != "TLSv1.3") {
      return Invalid("tls_version", value, "use a list of TLSv1.1, TLSv1.2, TLSv1.3");
    }
    // Connector/C's name.
    absl::StrAppend(&settings.tls_versions, settings.tls_versions.empty() ? "" : ",",
                    version == "TLSv1" ? "TLSv1.0" : version);
  }
  return absl::OkStatus();
}

absl::Status SetParameter(std::string_view name, const std::string& value, Settings& settings) {
  if (name == "sslrootcert") {
    settings.system_ca = value == "system";
    if (!settings.system_ca) settings.ca = value;
  } else if (name == "sslcert") {
    settings.certificate = value;
  } else if (name == "sslkey") {
    settings.key = value;
  } else if (name == "socket") {
    settings.socket = value;
  } else if (name == "server_public_key_path") {
    settings.public_key = value;
  } else if (name == "send_password") {
    if (value != "verified" && value != "encrypted") {
      return Invalid(name, value,
                     "use verified, or encrypted to send the password to servers that are not "
                     "verified, too");
    }
    settings.password_to_unverified = value == "encrypted";
  } else if (name == "tls_version") {
    return SetTlsVersions(value, settings);
  } else if (name == "connect_timeout") {
    return SetSeconds(name, value, settings.connect_timeout);
  } else if (name == "read_timeout") {
    return SetSeconds(name, value, settings.read_timeout);
  } else {
    return errs::UserError(
        kOp, errs::kInvalidArgument, absl::StrCat("unknown parameter \"", name, "\""),
        absl::StrCat("known parameters: ", absl::StrJoin(kParameterNames, ", ")));
  }
  return absl::OkStatus();
}

absl::Status SetHost(const profile::ConnectionProfile& profile, Settings& settings) {
  if (profile.port < 0 || profile.port > kHighestPort) {
    return Invalid("port", absl::StrCat(profile.port), "use a number up to 65535");
  }
  settings.port = profile.port == 0 ? kDefaultPort : profile.port;
  if (!settings.socket.empty()) return absl::OkStatus();
  if (absl::StartsWith(profile.host, "/")) {
    settings.socket =
        IsFolder(profile.host) ? absl::StrCat(profile.host, "/", kSocketName) : profile.host;
    return absl::OkStatus();
  }
  settings.host = profile.host;
  if (profile.host.empty()) {
    if (profile.port == 0 && IsSocket(std::string(kUsualSocket))) {
      settings.socket = kUsualSocket;
    } else {
      settings.host = "localhost";
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTls(const Settings& settings) {
  // Anybody can have a certificate of one of the system's authorities.
  if (settings.system_ca && settings.tls != TlsMode::kVerifyFull) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           "sslrootcert=system needs sslmode=verify-full",
                           "set sslmode to verify-full, or sslrootcert to the authority's "
                           "certificate");
  }
  const bool verifies = settings.tls == TlsMode::kVerifyCa || settings.tls == TlsMode::kVerifyFull;
  if (verifies && settings.socket.empty() && settings.ca.empty() && !settings.system_ca) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           "sslmode requires verification, but sslrootcert is not set",
                           "set sslrootcert to the authority's certificate, or to \"system\"");
  }
  if (settings.certificate.empty() != settings.key.empty()) {
    return errs::UserError(kOp, errs::kInvalidArgument, "only one of sslcert and sslkey is set",
                           "set both, or neither");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Settings> ConnectionSettings(const profile::ConnectionProfile& profile) {
  Settings settings;
  settings.connect_timeout = kDefaultTimeout;
  settings.read_timeout = kDefaultReadTimeout;
  for (const auto& [name, value] : profile.parameters) {
    RETURN_IF_ERROR(SetParameter(name, value, settings));
  }
  RETURN_IF_ERROR(SetHost(profile, settings));
  settings.user = profile.user;
  settings.password = profile.password;
  settings.database = profile.database;
  settings.state_directory = profile.state_directory;
  for (const auto& [name, value] :
       {std::pair<std::string_view, const std::string&>("host", settings.host),
        {"socket", settings.socket},
        {"user", settings.user},
        {"password", settings.password},
        {"database", settings.database}}) {
    if (absl::StrContains(value, '\0')) {
      return errs::UserError(kOp, errs::kInvalidArgument,
                             absl::StrCat(name, " contains a zero byte"));
    }
  }
  if (settings.user.empty()) {
    return errs::UserError(kOp, errs::kInvalidArgument, "the profile has no user",
                           "set user in the profile");
  }
  if (settings.database.empty()) {
    return errs::UserError(kOp, errs::kInvalidArgument, "the profile has no database",
                           "set database in the profile");
  }
  // As in libpq.
  const bool full = profile.sslmode.empty() && settings.system_ca;
  ASSIGN_OR_RETURN(settings.tls, ParseTls(full ? "verify-full" : profile.sslmode));
  RETURN_IF_ERROR(CheckTls(settings));
  return settings;
}

bool HasOwnSocket(const Settings& settings) {
  return absl::StartsWith(settings.socket, "/") && !base::EverybodyCouldMake(settings.socket);
}

bool VerifiesCertificate(const Settings& settings) {
  return !settings.ca.empty() || settings.system_ca;
}

std::string Describe(const Settings& settings) {
  return absl::StrCat(
      settings.user, "@",
      settings.socket.empty() ? absl::StrCat(settings.host, ":", settings.port) : settings.socket,
      "/", settings.database);
}

}  // namespace siphon::mysqlcommon
