// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_MYSQL_TEMPLATE_H_
#define TESTING_SERVERS_MYSQL_TEMPLATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "testing/servers/server_index.h"

namespace siphon::testing {

// The environment of a server's programs.
std::vector<std::string> MysqlEnvironment();

// The options that a server needs to find its own files, its program first.
std::vector<std::string> MysqlBaseCommand(const InstalledServer& installed, bool mariadb);

// Makes `folder`/data the data folder of a new server whose superuser "root" has this password.
// `folder` is made where it does not exist.
absl::Status InitializeMysql(const InstalledServer& installed, const std::string& name,
                             bool mariadb, const std::string& password, const std::string& folder);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_MYSQL_TEMPLATE_H_
