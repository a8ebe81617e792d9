// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_POSTGRES_URLS_H_
#define TESTING_E2E_POSTGRES_URLS_H_

#include <optional>
#include <string>
#include <string_view>

#include "testing/servers/postgres.h"

namespace siphon::testing {

// What of a URL is not the server's own.
struct UrlChanges {
  std::optional<int> port = {};  // A proxy's.
  std::optional<std::string> host = {};
  std::optional<std::string> user = {};
  std::optional<std::string> password = {};  // "" leaves it out.
  std::string parameters = {};               // "sslmode=disable"
};

// The database on that server as siphon takes it, with the superuser and its password.
std::string PostgresUrl(const PostgresServer& server, std::string_view database,
                        const UrlChanges& changes = {});

}  // namespace siphon::testing

#endif  // TESTING_E2E_POSTGRES_URLS_H_
