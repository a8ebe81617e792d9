// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/postgres_urls.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace siphon::testing {
namespace {

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      escaped += c;
    } else {
      absl::StrAppendFormat(&escaped, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

}  // namespace

std::string PostgresUrl(const PostgresServer& server, std::string_view database,
                        const UrlChanges& changes) {
  const std::string password = changes.password.value_or(server.password());
  return absl::StrCat("postgres://", Escaped(changes.user.value_or(server.superuser())),
                      password.empty() ? "" : ":", Escaped(password), "@",
                      changes.host.value_or(server.host()), ":",
                      changes.port.value_or(server.port()), "/", Escaped(database),
                      changes.parameters.empty() ? "" : "?", changes.parameters);
}

}  // namespace siphon::testing
