// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_TOKENS_H_
#define DRIVERS_MYSQLCOMMON_TOKENS_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace siphon::mysqlcommon {

// A token of a statement of MySQL's or MariaDB's SQL.
struct Token {
  enum class Kind {
    kEnd,
    kWord,    // A keyword, a bare name, a number, @variable.
    kName,    // `name`
    kString,  // 'text' or "text"
    kSymbol   // Any other byte.
  };
  Kind kind = Kind::kEnd;
  std::string_view text;  // As written, including quotes.
  size_t begin = 0;       // Position in the statement, in bytes.
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
// ("/*!50001 ... */", "/*M!100100 ... */") is read like the text outside. Accepts any bytes: an
// unterminated string ends with the statement.
class TokenReader {
 public:
  // `sql` must outlive this.
  explicit TokenReader(std::string_view sql) : sql_(sql) {}
  Token Next();
  // The next token, without advancing.
  Token Peek();

 private:
  void SkipSpace();
  size_t QuotedEnd(char quote) const;

  std::string_view sql_;
  size_t at_ = 0;
  int versioned_ = 0;  // Number of open versioned comments.
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TOKENS_H_
