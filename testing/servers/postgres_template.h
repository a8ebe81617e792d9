// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A freshly initialised data folder, made once for a test program; for postgres.cc alone.

#ifndef TESTING_SERVERS_POSTGRES_TEMPLATE_H_
#define TESTING_SERVERS_POSTGRES_TEMPLATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace siphon::testing {

// Makes `data` (which must not exist) the data folder of a new cluster: UTF-8, locale C, superuser
// "postgres" with this password. `bin` has initdb.
absl::Status CopyPostgresTemplate(const std::string& bin, int version, const std::string& password,
                                  const std::string& data);

// The environment of PostgreSQL's own programs.
std::vector<std::string> PostgresEnvironment();

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_POSTGRES_TEMPLATE_H_
