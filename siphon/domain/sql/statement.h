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

// The first `count` tokens of a Splitter's statement, without comments: words in lower case, each
// sign separately, "?" for a string or a quoted name.
std::vector<std::string> LeadingTokens(Dialect dialect, std::string_view statement, size_t count);

// The first `count` tokens of a statement as they are written, without comments: words, each sign
// separately, a string or a quoted name with its quotes.
std::vector<std::string_view> RawTokens(Dialect dialect, std::string_view statement, size_t count);

// The relation of a statement to transactions.
enum class Role {
  kOrdinary,  // Runs in a transaction.
  kAlone,     // Must run outside of a transaction: the engine refuses or ignores it in one.
  kBegin,
  kCommit,
  kRollback,  // Rolls back the whole transaction.
  kLock,      // MySQL, MariaDB: LOCK TABLES; the locks last until kUnlock.
  kUnlock,
  kRefused,  // MySQL, MariaDB: XA; its transactions outlive the session.
};

// kAlone is for PostgreSQL: VACUUM, CREATE INDEX CONCURRENTLY, ALTER SYSTEM and other statements
// that "cannot be executed inside a transaction block" (SQL reference of the manual). SQLite:
// VACUUM, DETACH and pragmas of the connection or the file. MySQL and MariaDB: all statements that
// are not known to keep an open transaction, because most of their DDL commits it ("Statements That
// Cause an Implicit Commit" in MySQL's manual).
Role RoleOf(Dialect dialect, std::string_view statement);

// The part of MySQL's and MariaDB's sql_mode that concerns quotes.
struct Quoting {
  bool backslash_escapes = true;  // NO_BACKSLASH_ESCAPES is not set.
  bool ansi_quotes = false;       // ANSI_QUOTES is set: "..." is a name.
  friend bool operator==(const Quoting&, const Quoting&) = default;
};
// Parses `sql_mode`, such as "ANSI_QUOTES,STRICT_ALL_TABLES", without regard to case.
Quoting QuotingOf(std::string_view sql_mode);
// The quoting after `statement`: `now` if it does not set sql_mode; `initial` if it sets sql_mode
// to a value that the script does not contain: DEFAULT, or a variable that saved the old value.
Quoting QuotingAfter(std::string_view statement, const Quoting& now, const Quoting& initial);

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_STATEMENT_H_
