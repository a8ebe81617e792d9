// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_MYSQL_TEMPLATE_H_
#define TESTING_SERVERS_MYSQL_TEMPLATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "testing/servers/server_index.h"

namespace siphon::testing {

// What a server's programs see.
std::vector<std::string> MysqlEnvironment();

// The options that a server needs to find its own files, its program first.
std::vector<std::string> MysqlBaseCommand(const InstalledServer& installed, bool mariadb);

// Copies an initialised data folder with the superuser "root" of this password to `data`; it is
// made at the first call for a server and password.
absl::Status CopyMysqlTemplate(const InstalledServer& installed, const std::string& name,
                               bool mariadb, const std::string& password, const std::string& data);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_MYSQL_TEMPLATE_H_
