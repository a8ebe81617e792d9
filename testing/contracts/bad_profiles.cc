// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/contracts/bad_profiles.h"

namespace siphon::testing {

std::vector<std::pair<std::string, profile::ConnectionProfile>> BadServerProfiles(
    const profile::ConnectionProfile& good) {
  profile::ConnectionProfile password = good, user = good, database = good, port = good,
                             host = good, tls = good, socket = good;
  password.password = "not the right one";
  user.user = "nobody_knows";
  database.database = "no such database";
  port.port = 1;
  host.host = "no-such-host.invalid";
  tls.sslmode = "require";
  socket.host = "/nonexistent";
  return {{"wrong password", password}, {"unknown user", user}, {"unknown database", database},
          {"nothing listens", port},    {"unknown host", host}, {"no TLS", tls},
          {"no socket", socket}};
}

}  // namespace siphon::testing
