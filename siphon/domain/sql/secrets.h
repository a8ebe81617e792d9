// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SQL_SECRETS_H_
#define SIPHON_DOMAIN_SQL_SECRETS_H_

#include <string>
#include <string_view>

#include "siphon/domain/sql/dialect.h"

// Statements may hold passwords (CREATE USER, CREATE SUBSCRIPTION, CREATE SERVER, ...). These
// functions stand between a statement, or a message that may quote one, and anything that is shown
// or kept: standard error, events, --json.
namespace siphon::sql {

// `sql`, a statement or the beginning of one, with '...' in place of every string ("..." for one in
// double quotes, which is a name in PostgreSQL and stays), 0x... in place of hexadecimal numbers of
// MySQL, and a space in place of every comment. A name with an apostrophe or "$" becomes "...".
// A secret without quotes becomes '...', too (not in SQLite): the text after PASSWORD, IDENTIFIED
// BY, IDENTIFIED WITH|VIA x AS|USING and "..._PASSWORD =", up to a comma, semicolon, parenthesis or
// a word that may follow.
// Where the end of a string depends on settings of the session (backslashes), everything after its
// beginning is left out. HidePatterns() has been applied to the rest. Idempotent.
std::string HideLiterals(Dialect dialect, std::string_view sql);

// A message of a server or of its client: an excerpt from a statement in it (PostgreSQL: 'at or
// near
// "..."'; MySQL, MariaDB: "near '...'") is cut off where its first string begins, and
// HidePatterns() is applied. "ERROR 1064" before it marks such an excerpt in any language. Other
// strings in messages are names or values of rows; they stay. Idempotent.
std::string HideSecrets(Dialect dialect, std::string_view message);

// `message`, in which the server may quote `statement` (HideSecrets() has been applied to it). If
// the statement, or one in its strings, has a secret without quotes or may have one, the excerpt
// becomes "...", and so does each word of the secret.
std::string HideSecretsOf(Dialect dialect, std::string_view statement, std::string_view message);

// `text` with *** in place of the passwords that can be recognized anywhere: stored forms
// (SCRAM-SHA-256$..., md5..., MySQL's *... and $A$005$...), passwords in URLs, "password=...",
// "PASSWORD '...'" and "IDENTIFIED BY '...'". Idempotent.
std::string HidePatterns(std::string_view text);

// Hides secrets in the lines that a tool of the engine writes to standard error. Messages pass
// through HideSecrets(). Of a statement that pg_restore quotes ("Command was: ..."), the first line
// stays, through HideLiterals(). Of the server's CONTEXT, QUERY and "LINE 1", the part before the
// first string stays.
class ToolOutput {
 public:
  explicit ToolOutput(Dialect dialect) : dialect_(dialect) {}
  // The form of the next line that may be shown; "" for a line to leave out.
  std::string Line(std::string_view line);

 private:
  std::string PostgresLine(std::string_view line);
  std::string MysqlLine(std::string_view line);

  Dialect dialect_;
  bool in_statement_ = false;  // The next line may continue a statement.
  bool in_command_ = false;  // That of "Command was: ...", which ends with the tool's next message.
};

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_SECRETS_H_
