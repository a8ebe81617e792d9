// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_CONNINFO_H_
#define DRIVERS_POSTGRES_CONNINFO_H_

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::postgres {

// libpq's connection keywords with their values (PostgreSQL 18 documentation, libpq, "Parameter Key
// Words"). Holds secrets; never print it.
using Settings = std::map<std::string, std::string, std::less<>>;

// The limit of one attempt to connect, unless the profile has a connect_timeout.
inline constexpr std::chrono::seconds kDefaultConnectTimeout{15};

// libpq's settings for `profile`. Several hosts "h1:1,h2:2" become libpq's lists. If neither the
// profile nor the environment names a host, the host is a list of the usual socket directories.
// Unless the profile says otherwise, a dead connection is detected within minutes.
// errs::kInvalidArgument for a parameter that siphon does not pass to libpq; the hint names the
// nearest one.
absl::StatusOr<Settings> ConnectionSettings(const profile::ConnectionProfile& profile);

// The parameter connect_timeout in seconds; 0 is no limit. kDefaultConnectTimeout if it is not set.
absl::StatusOr<std::chrono::seconds> ConnectTimeout(const Settings& settings);

// The settings of a connection in the form for a child process (pg_dump, pg_restore).
struct ChildSettings {
  std::string conninfo;                            // For --dbname=; holds no secret.
  std::map<std::string, std::string> environment;  // PGHOST, PGSSLMODE, ...
  std::map<std::string, std::string> secrets;      // PGPASSWORD, PGSSLPASSWORD.
};
// `settings` are the settings of an open connection, after services, files and defaults. Only the
// built-in tools know PGSSLPASSWORD; see ServiceFile() for the system's.
ChildSettings SettingsForChild(const Settings& settings);

// The methods of authentication that must not be used with the server of an open connection, in the
// form of require_auth: none if its certificate was verified or it is at the other end of a Unix
// socket that not everybody could have made; no password in clear text to another Unix socket or a
// loopback address; nor an MD5 hash to another machine. The built-in libpq decides by the same rule
// (0014-known-servers.patch).
std::string_view ForbiddenMethods(const Settings& settings);

// A file with the service "siphon" (libpq, "The Connection Service File"), which holds only the
// passphrase of the key. It passes the passphrase to a tool of the system.
std::string ServiceFile(std::string_view sslpassword);
inline constexpr std::string_view kServiceName = "siphon";

// `settings` as a conninfo text with quoted values (libpq, "Connection Strings").
std::string FormatConninfo(const Settings& settings);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_CONNINFO_H_
