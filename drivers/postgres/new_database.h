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

// The options of pg_dump's "CREATE DATABASE name WITH OPTION = value ...;", values without quotes:
// "ENCODING" → "UTF8". Empty for any other text.
std::map<std::string, std::string> ParseDatabaseOptions(std::string_view definition);

// CREATE DATABASE with the encoding and the locale that `archive` records, for a server of this
// major version. Uses the server's defaults if `archive` is null.
std::string CreateDatabaseSql(std::string_view name, const Archive* archive, int server_major);

// `options` are added to the statement: " OWNER = alice".
absl::Status CreateDatabase(const base::Context& context, Session& session, std::string_view name,
                            const Archive* archive, std::string_view options = "");

// An option of CREATE DATABASE: nobody may connect to the database before OpenToUser().
inline constexpr std::string_view kClosed = " ALLOW_CONNECTIONS = false";

// Lets the owner of the database, which is new, and the user of the session connect to it, and no
// other role but superusers: a database that is not complete lacks the rights of the dump, which
// take functions away from PUBLIC.
absl::Status OpenToUser(const base::Context& context, Session& session, std::string_view name);

// Drops the database and ends its sessions.
absl::Status DropDatabase(const base::Context& context, Session& session, std::string_view name);
// The same even if the verb was cancelled, with a time limit of its own.
absl::Status DropDatabase(Session& session, std::string_view name);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_NEW_DATABASE_H_
