// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SETTINGS_H_
#define DRIVERS_MYSQLCOMMON_SETTINGS_H_

#include <chrono>
#include <string>

#include "absl/status/statusor.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::mysqlcommon {

// The profile's sslmode, in the words of libpq (its documentation, section 32.19.3).
enum class TlsMode {
  kDisable,
  kPrefer,     // TLS where the server offers it; the default, and "allow" is the same.
  kRequire,    // TLS, whoever the server is.
  kVerifyCa,   // And its certificate is of an authority in sslrootcert.
  kVerifyFull  // And it was made out to the host's name.
};

// How to reach a server.
struct Settings {
  std::string host;    // Empty: by the socket.
  int port = 0;        // Never 0 with a host.
  std::string socket;  // A path, or empty.
  std::string user, password, database;
  TlsMode tls = TlsMode::kPrefer;
  std::string ca, certificate, key;         // Paths of PEM files, or empty.
  bool system_ca = false;                   // sslrootcert=system: the system's authorities.
  std::chrono::seconds connect_timeout{0};  // 0: none.
};

// What `profile` says: host, port, user, password, database, sslmode, and the parameters
// sslrootcert, sslcert, sslkey, connect_timeout and socket. A host that begins with "/" is a
// socket, or the folder of "mysqld.sock"; without a host it is the usual socket if it is there, and
// else localhost. errs::kInvalidArgument for a parameter or value that is none.
absl::StatusOr<Settings> ConnectionSettings(const profile::ConnectionProfile& profile);

// "alice@db.example.org:3306/app", for messages.
std::string Describe(const Settings& settings);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SETTINGS_H_
