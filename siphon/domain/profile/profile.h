// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_PROFILE_PROFILE_H_
#define SIPHON_DOMAIN_PROFILE_PROFILE_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "siphon/base/environment.h"

namespace siphon::profile {

// Which tools of an engine (pg_dump and the like) a driver runs: those built into this binary,
// those installed on the system, or kAuto: the built-in ones unless they are too old. Set by
// `tools` and
// --tools.
enum class Tools { kAuto, kBuiltin, kSystem };
// "auto", "builtin", "system"; nothing for any other word.
std::optional<Tools> ParseTools(std::string_view name);
std::string_view ToolsName(Tools tools);

// Parameters that are also keys of a profile, with libpq's names
// (https://www.postgresql.org/docs/17/libpq-connect.html, section 32.1.2).
inline constexpr std::string_view kParameterKeys[] = {"sslrootcert",
                                                      "sslcert",
                                                      "sslkey",
                                                      "sslpassword",
                                                      "sslcrl",
                                                      "sslcrldir",
                                                      "sslsni",
                                                      "sslnegotiation",
                                                      "ssl_min_protocol_version",
                                                      "ssl_max_protocol_version",
                                                      "channel_binding",
                                                      "require_auth",
                                                      "target_session_attrs",
                                                      "connect_timeout",
                                                      "options",
                                                      "application_name",
                                                      "keepalives",
                                                      "keepalives_idle",
                                                      "keepalives_interval",
                                                      "keepalives_count",
                                                      "tcp_user_timeout",
                                                      "gssencmode",
                                                      "passfile",
                                                      "service"};
bool IsParameterKey(std::string_view name);

// How to reach one database, as the user wrote it in the configuration
// (docs/contracts.md#configuration) or in a database URL. The password is a reference (see
// siphon/domain/secrets), never a resolved secret.
struct Profile {
  std::string name;    // The key in the configuration, or the URL without its password.
  std::string driver;  // "sqlite", "postgres", ...
  std::string host;
  int port = 0;  // 0: the driver's default.
  std::string user;
  std::string password;  // A secret reference or a literal; empty: none.
  std::string database;  // For sqlite the path of the file.
  std::string sslmode;
  std::string group;
  // Further settings, with the names of the engine's client library. The value of a secret
  // parameter (IsSecretParameter() in url.h) is a reference, like `password`.
  std::map<std::string, std::string> parameters;
  std::optional<Tools> tools = std::nullopt;  // Unset: the configuration's default.
  // The migrations of this database, for migrate::Source::Open(); empty: none are named.
  std::string migrations = {};

  friend bool operator==(const Profile&, const Profile&) = default;
};

// A profile with resolved secrets, for a driver. Never logged, never stored.
struct ConnectionProfile {
  std::string name;
  std::string driver;
  std::string host;
  int port = 0;
  std::string user;
  std::string password;  // The resolved secret.
  std::string database;
  std::string sslmode;
  std::map<std::string, std::string> parameters;
  Tools tools = Tools::kAuto;
  // The environment of this process, to find (PATH) and run the engine's tools.
  base::Environment environment;
  // A directory of the user's own for records that a driver keeps between runs. It need not exist.
  std::string state_directory;
};

}  // namespace siphon::profile

#endif  // SIPHON_DOMAIN_PROFILE_PROFILE_H_
