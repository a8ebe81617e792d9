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
#include "siphon/domain/sql/charset.h"
#include "siphon/domain/sql/dialect.h"

namespace siphon::sql {

class Lexer;

// The end of a piece of a script.
enum class End {
  kDelimiter,   // ";", or the delimiter set by MySQL's DELIMITER command.
  kGo,          // "\g" or "\G", the delimiters of the MySQL client.
  kDirective,   // A DELIMITER, charset or \restrict command: not a statement.
  kCounted,     // The end of a statement whose length is recorded.
  kEndOfInput,  // The end of the script.
};

// A part of a script with at most one statement. The views are valid during the call.
struct Piece {
  // All bytes after the previous piece, including the delimiter. The `raw` of all pieces together
  // are the script.
  std::string_view raw;
  // The statement without its delimiter and surrounding space. A "/*!" comment of MySQL is part of
  // the statement, other leading comments are not. Empty where there is no statement: a comment
  // alone, ";;", a DELIMITER command.
  std::string_view text;
  // The place of `text` in the script; if it is empty, of the end of the piece.
  uint64_t line = 1;    // Counted from 1.
  uint64_t offset = 0;  // In bytes.
  End end = End::kDelimiter;
};

struct SplitterOptions {
  Dialect dialect = Dialect::kPostgres;
  // The longest piece in bytes; it limits the memory of the splitter.
  size_t max_piece = size_t{1} << 30;
  // True if a backslash escapes in an ordinary '...' string. Unset: the default of the server,
  // which is false for PostgreSQL (standard_conforming_strings = on) and true for MySQL and MariaDB
  // (without NO_BACKSLASH_ESCAPES). Ignored for SQLite.
  std::optional<bool> backslash_escapes;
  // MySQL, MariaDB: the delimiter at the beginning.
  std::string delimiter = ";";
  // MySQL, MariaDB: ANSI_QUOTES is set, so "..." is a name, in which a backslash does not escape.
  bool ansi_quotes = false;
  // MySQL, MariaDB: the character set in which the server reads statements (character_set_client).
  Charset charset = Charset::kPlain;
  // MySQL, MariaDB: a comment "-- siphon: statement of 1234 bytes" between statements, directly
  // before a DELIMITER command, records the length of the next statement. It may contain any bytes;
  // after it come a line feed, the delimiter, and a line feed. Also, "\C name" between statements
  // (the client's character set) is skipped.
  bool recorded_lengths = false;
  // MySQL, MariaDB: while the delimiter is ";", a ";" in the body of a procedure, function, trigger
  // or event, or in a block of MariaDB, does not end the statement. The mysql client ends it there,
  // so a script for it needs DELIMITER.
  bool compound_bodies = false;
};

// Beginning and end of that comment.
inline constexpr std::string_view kRecordedLength = "-- siphon: statement of ";
inline constexpr std::string_view kRecordedLengthEnd = " bytes\n";

// Splits a stream of SQL into statements, as the engine's command line client does:
// * PostgreSQL as psql: dollar quotes, nested comments, E'' and U&'' strings, strings continued on
//   the next line, parentheses (CREATE RULE), SQL function bodies (BEGIN ATOMIC). Data after
//   COPY ... FROM STDIN and psql's backslash commands are errors, except pg_dump's \restrict and
//   \unrestrict, which are skipped.
// * MySQL and MariaDB as mysql: both quotes, backticks, "#", "-- ", DELIMITER, "\g", "\G". A
//   versioned comment is kept whole; MariaDB's "/*M!999999\- enable the sandbox mode */" is a
//   comment; other client commands are errors.
// * SQLite as sqlite3_complete(): triggers with BEGIN ... END. Dot-commands are errors.
// A byte order mark at the beginning is skipped. A NUL is an error for PostgreSQL and SQLite, whose
// libraries end the text there. The pieces do not depend on how the script is cut into blocks.
class Splitter {
 public:
  using Consumer = absl::FunctionRef<absl::Status(const Piece&)>;

  explicit Splitter(SplitterOptions options);
  ~Splitter();

  // Calls `consume` for each piece that ends in `block`, and stops at its first error. A piece that
  // lies completely in `block` is not copied. errs::kInvalidArgument, with the line, for the errors
  // above and for a piece that is too long. After an error the splitter can only be destroyed.
  absl::Status Feed(std::string_view block, Consumer consume);
  // Calls `consume` for the last piece, which has no delimiter. errs::kInvalidArgument if the
  // script ends inside a string, a quoted name or a comment. No Feed() may follow.
  absl::Status Finish(Consumer consume);

  // For a statement that changed standard_conforming_strings, sql_mode or character_set_client. May
  // be called between pieces and in `consume`.
  void SetBackslashEscapes(bool escapes);
  void SetAnsiQuotes(bool ansi_quotes);
  void SetCharset(Charset charset);
  // As SplitterOptions::recorded_lengths; may be called before the first Feed().
  void SetRecordedLengths(bool recorded_lengths);

 private:
  // Consumes the piece that ends at the lexer's position; `raw` are its bytes.
  absl::Status Emit(std::string_view raw, Consumer consume);
  // Continues the piece in pending_ until the lexer has passed it. Returns the number of bytes used
  // of `block`.
  absl::StatusOr<size_t> FeedPending(std::string_view block, Consumer consume);
  // The lexer's error in pending_ followed by `block`.
  absl::Status LexerError(std::string_view block) const;
  absl::Status CheckLength(size_t length) const;

  SplitterOptions options_;
  std::unique_ptr<Lexer> lexer_;
  std::string pending_;  // The beginning of the piece, from earlier blocks.
  uint64_t line_ = 1;    // The place where the piece begins.
  uint64_t offset_ = 0;
};

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_SPLITTER_H_
