// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SETTINGS_H_
#define DRIVERS_MYSQLCOMMON_SETTINGS_H_

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::mysqlcommon {

// The profile's sslmode; the modes are libpq's (PostgreSQL's documentation, "Protection Provided in
// Different Modes").
enum class TlsMode {
  kDisable,
  kPrefer,     // TLS if the server offers it (the default); "allow" is the same.
  kRequire,    // TLS, with any certificate; with `ca`, as kVerifyCa.
  kVerifyCa,   // TLS, with a certificate that an authority in sslrootcert has signed.
  kVerifyFull  // As kVerifyCa, and the certificate names the host.
};

// How to reach a server.
struct Settings {
  std::string host = {};    // Empty when `socket` is used.
  int port = 0;             // Never 0 with a host.
  std::string socket = {};  // A path, or empty.
  std::string user = {}, password = {}, database = {};
  TlsMode tls = TlsMode::kPrefer;
  std::string ca = {}, certificate = {}, key = {};  // Paths of PEM files, or empty.
  bool system_ca = false;                           // sslrootcert=system: the system's authorities.
  std::string tls_versions = {};                    // As in "TLSv1.2,TLSv1.3"; empty: these two.
  std::string public_key = {};              // The path of the server's RSA key (PEM), or empty.
  std::chrono::seconds connect_timeout{0};  // 0: no limit.
  std::string state_directory = {};         // As in profile::ConnectionProfile.
  std::chrono::seconds read_timeout{0};     // 0: no limit.
  // The server may receive the password itself although its certificate or RSA key is not verified.
  bool password_to_unverified = false;
};

// Reads a profile: host, port, user, password, database, sslmode, and the parameters in
// kParameterNames. A host that begins with "/" is a socket, or the folder that contains
// "mysqld.sock". Without a host, the usual socket is used if it exists, otherwise localhost.
// errs::kInvalidArgument for an unknown parameter or an invalid value.
absl::StatusOr<Settings> ConnectionSettings(const profile::ConnectionProfile& profile);

inline constexpr std::string_view kParameterNames[] = {
    "sslrootcert", "sslcert",      "sslkey",        "tls_version",           "connect_timeout",
    "socket",      "read_timeout", "send_password", "server_public_key_path"};

// True for a connection through a socket that not every user of this machine could have made.
bool HasOwnSocket(const Settings& settings);

// True when TLS connections verify the server's certificate.
bool VerifiesCertificate(const Settings& settings);

// "alice@db.example.org:3306/app", for messages.
std::string Describe(const Settings& settings);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SETTINGS_H_
