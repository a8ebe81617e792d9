// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/mysql_urls.h"

namespace siphon::testing {

std::string MysqlUrl(const MysqlServer& server, std::string_view database,
                     const UrlChanges& changes) {
  return UrlOf(server.is_mariadb() ? "mariadb" : "mysql", server, database, changes);
}

}  // namespace siphon::testing
