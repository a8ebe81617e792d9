// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_PROFILE_PROFILE_H_
#define SIPHON_DOMAIN_PROFILE_PROFILE_H_

#include <map>
#include <string>

namespace siphon::profile {

// How to reach one database, as the user wrote it: the password is a reference (see secrets), never
// a resolved secret. From the configuration (contracts.md B4) or from a database URL.
struct Profile {
  std::string name;    // The configuration's key; for a URL, the URL without its password.
  std::string driver;  // "sqlite", "postgres", ...
  std::string host;
  int port = 0;  // 0: the driver's default.
  std::string user;
  std::string password;  // A secret reference or a literal; empty: none.
  std::string database;  // For sqlite the file's path.
  std::string sslmode;
  std::string group;
  std::map<std::string, std::string> parameters;  // Further URL parameters.

  friend bool operator==(const Profile&, const Profile&) = default;
};

// The same with its secret resolved; what a driver gets. Never logged, never stored.
struct ConnectionProfile {
  std::string name;
  std::string driver;
  std::string host;
  int port = 0;
  std::string user;
  std::string password;  // The secret itself.
  std::string database;
  std::string sslmode;
  std::map<std::string, std::string> parameters;
};

}  // namespace siphon::profile

#endif  // SIPHON_DOMAIN_PROFILE_PROFILE_H_
