// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// How a data folder of PostgreSQL is initialised.

#ifndef TESTING_SERVERS_POSTGRES_TEMPLATE_H_
#define TESTING_SERVERS_POSTGRES_TEMPLATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "testing/servers/server_index.h"

namespace siphon::testing {

// Makes `folder`/data the data folder of a new cluster: UTF-8, locale C, superuser "postgres" with
// this password. `folder` is made where it does not exist.
absl::Status InitializePostgres(const InstalledServer& installed, int version,
                                const std::string& password, const std::string& folder);

// The environment of PostgreSQL's own programs.
std::vector<std::string> PostgresEnvironment();

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_POSTGRES_TEMPLATE_H_
