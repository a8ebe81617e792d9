// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SETTINGS_H_
#define DRIVERS_MYSQLCOMMON_SETTINGS_H_

#include <chrono>
#include <string>

#include "absl/status/statusor.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::mysqlcommon {

// The profile's sslmode; the modes are libpq's (PostgreSQL's documentation, "Protection Provided in
// Different Modes").
enum class TlsMode {
  kDisable,
  kPrefer,     // TLS if the server offers it (the default); "allow" is the same.
  kRequire,    // TLS, with any certificate.
  kVerifyCa,   // TLS, with a certificate that an authority in sslrootcert has signed.
  kVerifyFull  // As kVerifyCa, and the certificate names the host.
};

// How to reach a server.
struct Settings {
  std::string host;    // Empty when `socket` is used.
  int port = 0;        // Never 0 with a host.
  std::string socket;  // A path, or empty.
  std::string user, password, database;
  TlsMode tls = TlsMode::kPrefer;
  std::string ca, certificate, key;         // Paths of PEM files, or empty.
  bool system_ca = false;                   // sslrootcert=system: the system's authorities.
  std::chrono::seconds connect_timeout{0};  // 0: no limit.
  std::string state_directory;              // As in profile::ConnectionProfile.
};

// Reads a profile: host, port, user, password, database, sslmode, and the parameters sslrootcert,
// sslcert, sslkey, connect_timeout and socket. A host that begins with "/" is a socket, or the
// folder that contains "mysqld.sock". Without a host, the usual socket is used if it exists,
// otherwise localhost. errs::kInvalidArgument for an unknown parameter or an invalid value.
absl::StatusOr<Settings> ConnectionSettings(const profile::ConnectionProfile& profile);

// "alice@db.example.org:3306/app", for messages.
std::string Describe(const Settings& settings);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SETTINGS_H_
