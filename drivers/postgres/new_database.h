// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_NEW_DATABASE_H_
#define DRIVERS_POSTGRES_NEW_DATABASE_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// The options of "CREATE DATABASE name WITH OPTION = value ...;" as pg_dump writes it, values
// without their quotes: "ENCODING" → "UTF8". Empty for any other text.
std::map<std::string, std::string> ParseDatabaseOptions(std::string_view definition);

// CREATE DATABASE with the encoding and the locale that the archive records, for a server of that
// major version. Without an archive, the server's defaults.
std::string CreateDatabaseSql(std::string_view name, const Archive* archive, int server_major);

absl::Status CreateDatabase(const base::Context& context, Session& session, std::string_view name,
                            const Archive* archive);

// Drops it and ends who is connected to it; whatever the verb's context says, for a while at most.
absl::Status DropDatabase(Session& session, std::string_view name);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_NEW_DATABASE_H_
