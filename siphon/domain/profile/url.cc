// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/profile/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/profile/url_parts.h"

namespace siphon::profile {
namespace {

absl::Status Reason(std::string_view reason) { return absl::InvalidArgumentError(reason); }

// The name of the driver for a scheme; empty if it is unknown.
std::string_view DriverOf(std::string_view scheme) {
  if (IsFileScheme(scheme)) return "sqlite";
  if (scheme == "postgres" || scheme == "postgresql") return "postgres";
  if (scheme == "mysql" || scheme == "mariadb") return scheme;
  return "";
}

absl::StatusOr<int> ParsePort(std::string_view text) {
  int port = 0;
  if (!absl::SimpleAtoi(text, &port) || port < 1 || port > 65535 || text.size() > 5) {
    return Reason("the port is not a number from 1 to 65535");
  }
  return port;
}

bool IsIpv6(const std::string& text) {
  in6_addr address;
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

// Checks an IPv6 address: "::1", or with a zone (RFC 6874) "fe80::1%25eth0".
absl::StatusOr<std::string> DecodeIpv6(std::string_view text) {
  const size_t zone = text.find("%25");
  const std::string address(text.substr(0, zone));
  if (!IsIpv6(address)) return Reason("the text in [] is not an IPv6 address");
  if (zone == std::string_view::npos) return address;
  const std::string_view name = text.substr(zone + 3);
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
  if (name.empty() || !plain) return Reason("the zone after the IPv6 address is not a name");
  return absl::StrCat(address, "%", name);
}

bool IsSocketDirectory(std::string_view host) { return absl::StartsWith(host, "/"); }

absl::Status CheckHost(std::string_view driver, std::string_view host) {
  if (host.empty()) return Reason("a host's name is missing");
  if (IsSocketDirectory(host)) {
    if (driver == "postgres") return absl::OkStatus();
    return Reason("a socket's path as host is for postgres only");
  }
  const bool plain = std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
  if (!plain) {
    return Reason("a host's name is letters, digits, '.', '-' and '_', or an IPv6 address in []");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> DecodeHost(std::string_view driver, const HostPort& part) {
  if (part.bracketed) return DecodeIpv6(part.host);
  ASSIGN_OR_RETURN(std::string host, PercentDecode(part.host, "the host"));
  RETURN_IF_ERROR(CheckHost(driver, host));
  return host;
}

absl::Status FillHost(const UrlParts& parts, Profile& profile) {
  if (parts.hosts.size() > 1) {
    if (profile.driver != "postgres") return Reason("several hosts are for postgres only");
    if (absl::StrContains(parts.authority, '%')) {
      return Reason("a list of hosts can't have percent-escapes");
    }
    for (const HostPort& part : parts.hosts) {
      RETURN_IF_ERROR(DecodeHost(profile.driver, part).status());
      if (!part.port.empty()) RETURN_IF_ERROR(ParsePort(part.port).status());
    }
    profile.host = std::string(parts.authority);
    return absl::OkStatus();
  }
  if (parts.hosts.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(profile.host, DecodeHost(profile.driver, parts.hosts[0]));
  if (!parts.hosts[0].port.empty()) {
    ASSIGN_OR_RETURN(profile.port, ParsePort(parts.hosts[0].port));
  }
  return absl::OkStatus();
}

absl::Status FillParameters(const UrlParts& parts, Profile& profile) {
  for (const auto& [raw_key, raw_value] : parts.query) {
    ASSIGN_OR_RETURN(std::string key, PercentDecode(raw_key, "a parameter's name"));
    ASSIGN_OR_RETURN(std::string value, PercentDecode(raw_value, "a parameter's value"));
    const auto [it, is_new] = profile.parameters.emplace(key, value);
    if (is_new) continue;
    // modernc.org/sqlite takes any number of pragmas.
    if (profile.driver != "sqlite" || key != "_pragma") return Reason("a parameter is given twice");
    absl::StrAppend(&it->second, ";", value);
  }
  return absl::OkStatus();
}

// Moves the parameter `key`, if it is given, to `field`, which another part of the URL must not
// set.
absl::Status MoveParameter(std::string_view key, Profile& profile, std::string& field) {
  auto it = profile.parameters.find(std::string(key));
  if (it == profile.parameters.end()) return absl::OkStatus();
  if (!field.empty()) {
    return Reason(absl::StrCat("the parameter \"", key, "\" repeats what the URL says already"));
  }
  field = std::move(it->second);
  profile.parameters.erase(it);
  return absl::OkStatus();
}

// Handles parameters that libpq accepts in place of parts of the URL.
absl::Status MovePostgresParameters(Profile& profile) {
  const bool has_host_parameter = profile.parameters.contains("host");
  RETURN_IF_ERROR(MoveParameter("host", profile, profile.host));
  if (has_host_parameter && !IsIpv6(profile.host)) {
    RETURN_IF_ERROR(CheckHost(profile.driver, profile.host));
  }
  std::string port = profile.port == 0 ? "" : absl::StrCat(profile.port);
  const bool has_port_parameter = profile.parameters.contains("port");
  RETURN_IF_ERROR(MoveParameter("port", profile, port));
  if (has_port_parameter) {
    ASSIGN_OR_RETURN(profile.port, ParsePort(port));
  }
  RETURN_IF_ERROR(MoveParameter("user", profile, profile.user));
  RETURN_IF_ERROR(MoveParameter("password", profile, profile.password));
  return MoveParameter("dbname", profile, profile.database);
}

absl::Status FillNetworkProfile(const UrlParts& parts, Profile& profile) {
  RETURN_IF_ERROR(FillHost(parts, profile));
  ASSIGN_OR_RETURN(profile.user, PercentDecode(parts.user.value_or(""), "the user's name"));
  ASSIGN_OR_RETURN(profile.password, PercentDecode(parts.password.value_or(""), "the password"));
  std::string_view path = parts.path;
  if (!path.empty()) path.remove_prefix(1);
  if (absl::StrContains(path, '/')) {
    return Reason("after the host it has more than a database's name; write '/' in a name as %2F");
  }
  ASSIGN_OR_RETURN(profile.database, PercentDecode(path, "the database's name"));
  if (!parts.socket.empty()) profile.parameters["socket"] = std::string(parts.socket);
  RETURN_IF_ERROR(FillParameters(parts, profile));
  RETURN_IF_ERROR(MoveParameter("sslmode", profile, profile.sslmode));
  if (profile.driver == "postgres") return MovePostgresParameters(profile);
  if (profile.parameters.contains("user") || profile.parameters.contains("password")) {
    return Reason("user and password belong before the host: user:password@host");
  }
  return absl::OkStatus();
}

absl::Status FillFileProfile(const UrlParts& parts, Profile& profile) {
  const std::string joined = absl::StrCat(parts.authority, parts.path);
  ASSIGN_OR_RETURN(std::string path, PercentDecode(joined, "the path"));
  if (path == ":memory:" || path == "/:memory:") {
    return Reason("\":memory:\" is a database inside one process only; name a file");
  }
  if (path.empty()) return Reason("the file's path is missing");
  if (absl::EndsWith(path, "/")) return Reason("the path names a directory, not a database file");
  profile.database = std::move(path);
  return FillParameters(parts, profile);
}

absl::StatusOr<Profile> ParseUnnamed(std::string_view text) {
  ASSIGN_OR_RETURN(const UrlParts parts, SplitUrl(text));
  Profile profile;
  profile.driver = std::string(DriverOf(parts.scheme));
  if (profile.driver.empty()) {
    return Reason("its scheme is not one of sqlite, postgres, mysql, mariadb");
  }
  RETURN_IF_ERROR(IsFileScheme(parts.scheme) ? FillFileProfile(parts, profile)
                                             : FillNetworkProfile(parts, profile));
  return profile;
}

std::string_view FormHint(std::string_view text) {
  if (absl::StartsWith(text, "sqlite")) {
    return "the form is sqlite:///absolute/path.db or sqlite://relative/path.db";
  }
  return "the form is postgres://user:password@host:port/database?key=value";
}

}  // namespace

bool LooksLikeUrl(std::string_view text) {
  const size_t separator = text.find("://");
  if (separator == std::string_view::npos || separator == 0) return false;
  const std::string_view scheme = text.substr(0, separator);
  if (!absl::ascii_islower(static_cast<unsigned char>(scheme[0]))) return false;
  return std::all_of(scheme.begin(), scheme.end(), [](char c) {
    const unsigned char byte = static_cast<unsigned char>(c);
    return absl::ascii_islower(byte) || absl::ascii_isdigit(byte) || c == '+' || c == '.' ||
           c == '-';
  });
}

absl::StatusOr<Profile> ParseUrl(std::string_view text) {
  absl::StatusOr<Profile> profile = ParseUnnamed(text);
  std::string shown = RedactUrl(text);
  if (!profile.ok()) {
    return errs::UserError("url", errs::kInvalidArgument,
                           absl::StrCat("\"", shown, "\": ", profile.status().message()),
                           FormHint(text));
  }
  profile->name = std::move(shown);
  return profile;
}

}  // namespace siphon::profile
