// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/mysql_urls.h"

#include "absl/strings/str_cat.h"

namespace siphon::testing {
namespace {

std::string KeyPath(const MysqlServer& server) {
  return server.data_directory() + "/public_key.pem";
}

}  // namespace

std::string MysqlUrl(const MysqlServer& server, std::string_view database,
                     const UrlChanges& changes) {
  if (server.is_mariadb()) return UrlOf("mariadb", server, database, changes);
  // For first logins with caching_sha2_password, without TLS.
  UrlChanges with_key = changes;
  absl::StrAppend(&with_key.parameters, with_key.parameters.empty() ? "" : "&",
                  "server_public_key_path=", EscapedForUrl(KeyPath(server)));
  return UrlOf("mysql", server, database, with_key);
}

std::string ServerKeyLine(const MysqlServer& server) {
  if (server.is_mariadb()) return "";
  return absl::StrCat("    parameters: {server_public_key_path: ", KeyPath(server), "}\n");
}

std::string MysqlProfile(const MysqlServer& server, std::string_view name,
                         const ProfileChanges& changes) {
  const std::string_view own_driver = server.is_mariadb() ? "mariadb" : "mysql";
  return absl::StrCat(
      "  ", name, ":\n    driver: ", changes.driver.empty() ? own_driver : changes.driver,
      "\n    host: 127.0.0.1\n    port: ", changes.port == 0 ? server.port() : changes.port,
      "\n    user: root\n    password: env:APP_PASSWORD\n    database: ",
      changes.database.empty() ? name : changes.database, "\n", ServerKeyLine(server));
}

}  // namespace siphon::testing
