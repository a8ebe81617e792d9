// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_MYSQL_URLS_H_
#define TESTING_E2E_MYSQL_URLS_H_

#include <string>
#include <string_view>

#include "testing/e2e/urls.h"
#include "testing/servers/mysql.h"

namespace siphon::testing {

// The URL of the database for siphon, with the superuser and its password.
std::string MysqlUrl(const MysqlServer& server, std::string_view database,
                     const UrlChanges& changes = {});

// A line of a profile in the configuration, for first logins at MySQL without TLS; "" for MariaDB.
std::string ServerKeyLine(const MysqlServer& server);

// How a profile differs from the one that MysqlProfile() makes by itself.
struct ProfileChanges {
  std::string driver = {};    // "": the server's.
  std::string database = {};  // "": that with the profile's name.
  int port = 0;               // 0: the server's.
};

// The lines of a profile below `profiles:` in the configuration. Its user is the superuser, whose
// password is in the environment variable APP_PASSWORD.
std::string MysqlProfile(const MysqlServer& server, std::string_view name,
                         const ProfileChanges& changes = {});

}  // namespace siphon::testing

#endif  // TESTING_E2E_MYSQL_URLS_H_
