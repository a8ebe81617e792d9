// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_TOKENS_H_
#define DRIVERS_MYSQLCOMMON_TOKENS_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "siphon/domain/sql/charset.h"

namespace siphon::mysqlcommon {

// The rules by which the server reads a statement's quotes and bytes. They follow from sql_mode and
// character_set_client.
struct Syntax {
  bool backslash_escapes = true;  // NO_BACKSLASH_ESCAPES is not set.
  bool ansi_quotes = false;       // ANSI_QUOTES is set: "..." is a name.
  sql::Charset charset = sql::Charset::kPlain;
  std::string_view high_spaces = "";  // Bytes from 0x80 on that are spaces (sql::HighSpacesOf).
  friend bool operator==(const Syntax&, const Syntax&) = default;
};

// Which versioned comments ("/*!50001 ... */", "/*M!100100 ... */") a server executes.
struct CommentRule {
  bool all = true;  // All of them; the other members do not count.
  bool mariadb = false;
  int version = 0;  // 90704 for MySQL 9.7.4, 101118 for MariaDB 10.11.18.
  bool Executes(std::string_view opening) const;  // "/*!50001"
};

// A token of a statement of MySQL's or MariaDB's SQL.
struct Token {
  enum class Kind {
    kEnd,
    kWord,    // A keyword, a bare name, a number, @variable.
    kName,    // `name`; with ANSI_QUOTES also "name"
    kString,  // 'text' or "text"
    kSymbol   // Any other byte.
  };
  Kind kind = Kind::kEnd;
  std::string_view text;  // As written, including quotes.
  size_t begin = 0;       // Position in the statement, in bytes.
  bool escapes = true;    // A backslash escapes in this string.
  bool closed = true;     // The closing quote is there.
  size_t end() const { return begin + text.size(); }

  // True for this word, ignoring case; `upper` is in upper case.
  bool Is(std::string_view upper) const;
  bool IsSymbol(char c) const { return kind == Kind::kSymbol && text[0] == c; }
  // The value of a name or string, without quotes and escapes; a word unchanged.
  std::string Value() const;
  // True for a token that can be the name of a table: a word, a name, or a string (ANSI_QUOTES).
  bool IsIdentifier() const { return kind != Kind::kEnd && kind != Kind::kSymbol; }
};

// Reads the tokens of one statement. Skips spaces and comments. The content of a versioned comment
// that the server executes is read like the text outside. Accepts any bytes: an unterminated string
// ends with the statement.
class TokenReader {
 public:
  // `sql` must outlive this.
  explicit TokenReader(std::string_view sql, const Syntax& syntax = {},
                       const CommentRule& rule = {})
      : sql_(sql), syntax_(syntax), rule_(rule) {}
  Token Next();
  // The next token, without advancing.
  Token Peek();
  // Moves to a position between tokens.
  void Seek(size_t at) { at_ = at; }
  // The end of the last token.
  size_t position() const { return at_; }
  // True after a comment, versioned or not.
  bool commented() const { return commented_; }
  // The number of versioned comments that are open.
  int versioned() const { return versioned_; }

 private:
  void SkipSpace();
  // Moves at_ past a comment that the server does not execute.
  void SkipComment(bool nested);
  size_t QuotedEnd(char quote, bool escapes, bool& closed) const;

  std::string_view sql_;
  Syntax syntax_;
  CommentRule rule_;
  size_t at_ = 0;
  int versioned_ = 0;
  bool commented_ = false;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TOKENS_H_
