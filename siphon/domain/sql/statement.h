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
  kLock,      // MySQL, MariaDB: locks tables, until kUnlock, for the statements behind it.
  kUnlock,
  kRefused,  // MySQL, MariaDB: XA, whose transactions outlive the session.
};

// PostgreSQL: VACUUM, CREATE INDEX CONCURRENTLY, ALTER SYSTEM, ... are alone ("cannot run inside a
// transaction block" in the documentation's SQL reference). SQLite: VACUUM, DETACH and pragmas of
// the connection or the file. MySQL and MariaDB: everything that is not known to leave an open
// transaction alone, as most of their DDL commits it ("Statements That Cause an Implicit Commit" in
// MySQL's reference manual); so what is ordinary surely is.
Role RoleOf(Dialect dialect, std::string_view statement);

// What MySQL's and MariaDB's sql_mode says about quotes.
struct Quoting {
  bool backslash_escapes = true;  // Without NO_BACKSLASH_ESCAPES.
  bool ansi_quotes = false;       // ANSI_QUOTES: "name"
  friend bool operator==(const Quoting&, const Quoting&) = default;
};
// `sql_mode` as in "ANSI_QUOTES,STRICT_ALL_TABLES", in any case.
Quoting QuotingOf(std::string_view sql_mode);
// What counts behind a statement: `now`, unless it sets sql_mode; `initial` where it sets it to
// what a script cannot be read for: a variable that kept it, DEFAULT.
Quoting QuotingBehind(std::string_view statement, const Quoting& now, const Quoting& initial);

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_STATEMENT_H_
