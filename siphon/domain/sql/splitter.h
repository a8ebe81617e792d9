// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SQL_SPLITTER_H_
#define SIPHON_DOMAIN_SQL_SPLITTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/domain/sql/dialect.h"

namespace siphon::sql {

class Lexer;

// What ended a piece of a script.
enum class End {
  kDelimiter,   // ";", or what MySQL's DELIMITER command made of it.
  kGo,          // "\g" or "\G", the MySQL client's own delimiters.
  kDirective,   // A DELIMITER line, which is obeyed: no statement.
  kEndOfInput,  // Nothing: the script's last piece.
};

// A part of a script with at most one statement. The views are valid during the call.
struct Piece {
  // Everything behind the piece before, to the delimiter's end: all `raw` joined are the script.
  std::string_view raw;
  // The statement: from its first token, which a "/*!" comment of MySQL is too, to its delimiter
  // (without it and spaces before it). Empty where there is none: comments, ";;", a DELIMITER line.
  std::string_view text;
  uint64_t line = 1;    // Of `text`, from 1; where it is empty, of the piece's end.
  uint64_t offset = 0;  // Of `text` in the script, in bytes; where it is empty, of the piece's end.
  End end = End::kDelimiter;
};

struct SplitterOptions {
  Dialect dialect = Dialect::kPostgres;
  // The longest piece, in bytes, and so the splitter's memory.
  size_t max_piece = size_t{1} << 30;
  // Whether a backslash escapes in an ordinary '...'. By default as the server has it by default:
  // false for PostgreSQL (standard_conforming_strings = on), true for MySQL and MariaDB (without
  // NO_BACKSLASH_ESCAPES). It means nothing to SQLite.
  std::optional<bool> backslash_escapes;
  // MySQL's and MariaDB's first delimiter.
  std::string delimiter = ";";
  // MySQL's and MariaDB's ANSI_QUOTES: "..." is a name, in which a backslash is one.
  bool ansi_quotes = false;
};

// Splits a script into statements as it streams by, as the engine's own command line client does:
// * PostgreSQL as psql: dollar quotes, nested comments, E'' and U&'' strings, strings continued on
//   the next line, parentheses (CREATE RULE), SQL function bodies (BEGIN ATOMIC). Data behind
//   COPY ... FROM STDIN and psql's backslash commands are refused.
// * MySQL and MariaDB as mysql: both quotes, backticks, "#", "-- ", DELIMITER, "\g", "\G". A
//   versioned comment is kept whole; MariaDB's "/*M!999999\- enable the sandbox mode */" is a
//   comment; other client commands are refused. Strings are read as UTF-8 or a single-byte set:
//   in GBK or SJIS a backslash may be half a character.
// * SQLite as sqlite3_complete(): triggers with BEGIN ... END. Dot-commands are refused.
// A byte order mark at the beginning is skipped. A NUL is refused for PostgreSQL and SQLite, whose
// libraries take it for the end. The pieces are the same however the script is cut into blocks.
class Splitter {
 public:
  using Consumer = absl::FunctionRef<absl::Status(const Piece&)>;

  explicit Splitter(SplitterOptions options);
  ~Splitter();

  // Hands every piece that `block` completes to `consume` and stops at its first error. A piece
  // that lies in the block whole is not copied, another one once. errs::kInvalidArgument, with the
  // line, for what is refused and for a piece that is too long; the splitter is of no use after an
  // error.
  absl::Status Feed(std::string_view block, Consumer consume);
  // Hands on what is left, without a delimiter. errs::kInvalidArgument when the script ends inside
  // a string, a quoted name or a comment. Nothing is fed after it.
  absl::Status Finish(Consumer consume);

  // For a statement that changed standard_conforming_strings or sql_mode; between pieces, so also
  // within `consume`.
  void SetBackslashEscapes(bool escapes);
  void SetAnsiQuotes(bool ansi_quotes);

 private:
  // `raw` is the piece that the lexer stands at the end of.
  absl::Status Emit(std::string_view raw, Consumer consume);
  // Goes on with the piece that earlier blocks began, until the lexer is past them. Returns how
  // much of `block` it took.
  absl::StatusOr<size_t> FeedPending(std::string_view block, Consumer consume);
  // What the lexer refuses in pending_ and `block` behind it.
  absl::Status LexerError(std::string_view block) const;
  absl::Status CheckLength(size_t length) const;

  SplitterOptions options_;
  std::unique_ptr<Lexer> lexer_;
  std::string pending_;  // The piece's beginning, from earlier blocks.
  uint64_t line_ = 1;    // Where the piece begins.
  uint64_t offset_ = 0;
};

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_SPLITTER_H_
