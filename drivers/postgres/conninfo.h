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

// libpq's connection keywords with their values (PostgreSQL 18 documentation, 34.1.2 "Parameter Key
// Words"). Holds secrets: never to be shown.
using Settings = std::map<std::string, std::string, std::less<>>;

// How long one try to connect may take where the profile's connect_timeout does not say, in
// seconds.
inline constexpr std::chrono::seconds kDefaultConnectTimeout{15};

// What libpq needs for `profile`. Several hosts "h1:1,h2:2" become libpq's lists; without a host,
// and where the environment names none, it is the directories in which servers have their sockets.
// Dead connections are found out within minutes unless the profile says otherwise.
// errs::kInvalidArgument for a parameter that libpq does not have, with the nearest name.
absl::StatusOr<Settings> ConnectionSettings(const profile::ConnectionProfile& profile);

// The parameter connect_timeout: seconds, where 0 is as long as it takes; kDefaultConnectTimeout
// when it is not there.
absl::StatusOr<std::chrono::seconds> ConnectTimeout(const Settings& settings);

// How a child process (pg_dump, pg_restore) is told of a connection.
struct ChildSettings {
  std::string conninfo;                            // For --dbname=; without secrets.
  std::map<std::string, std::string> environment;  // PGHOST, PGSSLMODE, ...
  std::map<std::string, std::string> secrets;      // PGPASSWORD, PGSSLPASSWORD.
};
// `settings` are those in force on a connection, after services, files and defaults.
// PGSSLPASSWORD is known to the built-in tools only; see ServiceFile() for others.
ChildSettings SettingsForChild(const Settings& settings);

// A connection service file (documentation, 34.17) that holds only the key's passphrase, under the
// service name "siphon": the way to hand it to a tool of the system's.
std::string ServiceFile(std::string_view sslpassword);
inline constexpr std::string_view kServiceName = "siphon";

// `settings` as one conninfo text (documentation, 34.1.1.1), values quoted.
std::string FormatConninfo(const Settings& settings);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_CONNINFO_H_
