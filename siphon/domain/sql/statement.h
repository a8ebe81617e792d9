// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SQL_STATEMENT_H_
#define SIPHON_DOMAIN_SQL_STATEMENT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "siphon/domain/sql/dialect.h"

namespace siphon::sql {

// The first `count` tokens of a statement, without comments: words in lower case, signs one by one,
// and "?" for a string or a quoted name. For statements that a Splitter made.
std::vector<std::string> LeadingTokens(Dialect dialect, std::string_view statement, size_t count);

// How a statement stands to transactions.
enum class Role {
  kOrdinary,  // Runs in a transaction.
  kAlone,     // The engine refuses it in a transaction, or ignores it there.
  kBegin,
  kCommit,
  kRollback,  // Of the whole transaction.
};

// PostgreSQL: VACUUM, CREATE INDEX CONCURRENTLY, ALTER SYSTEM, ... are alone ("cannot run inside a
// transaction block" in the documentation's SQL reference). SQLite: VACUUM, DETACH and pragmas of
// the connection or the file. MySQL and MariaDB: the words of transactions only; what commits by
// itself is most of their DDL.
Role RoleOf(Dialect dialect, std::string_view statement);

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_STATEMENT_H_
