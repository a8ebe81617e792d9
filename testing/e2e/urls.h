// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_URLS_H_
#define TESTING_E2E_URLS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace siphon::testing {

// The parts of a URL that differ from the server's own values.
struct UrlChanges {
  std::optional<int> port = {};  // A proxy's.
  std::optional<std::string> host = {};
  std::optional<std::string> user = {};
  std::optional<std::string> password = {};  // "" leaves it out.
  std::string parameters = {};               // "sslmode=disable"
};

// The text with every character but letters and digits percent-encoded.
std::string EscapedForUrl(std::string_view text);

// The URL of a database for siphon, with the superuser and its password. `Server` is PostgresServer
// or MysqlServer.
template <typename Server>
std::string UrlOf(std::string_view scheme, const Server& server, std::string_view database,
                  const UrlChanges& changes) {
  const std::string password = changes.password.value_or(server.password());
  return absl::StrCat(scheme, "://", EscapedForUrl(changes.user.value_or(server.superuser())),
                      password.empty() ? "" : ":", EscapedForUrl(password), "@",
                      changes.host.value_or(server.host()), ":",
                      changes.port.value_or(server.port()), "/", EscapedForUrl(database),
                      changes.parameters.empty() ? "" : "?", changes.parameters);
}

}  // namespace siphon::testing

#endif  // TESTING_E2E_URLS_H_
