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
  std::string_view text;  // As it stands there, quotes included.
  size_t begin = 0;       // In the statement, in bytes.
  size_t end() const { return begin + text.size(); }

  // True for a word, whatever its case; `upper` is in upper case.
  bool Is(std::string_view upper) const;
  bool IsSymbol(char c) const { return kind == Kind::kSymbol && text[0] == c; }
  // What a name or string stands for; a word as it is.
  std::string Value() const;
  // True for what can be a table's name: a word, a name, or with ANSI_QUOTES a string.
  bool IsIdentifier() const { return kind != Kind::kEnd && kind != Kind::kSymbol; }
};

// Goes through one statement's tokens: spaces and comments are passed over, and what stands in a
// versioned comment ("/*!50001 ... */", "/*M!100100 ... */") counts as if it stood outside. Takes
// any bytes: a string without an end ends with the statement.
class TokenReader {
 public:
  // `sql` must outlive this.
  explicit TokenReader(std::string_view sql) : sql_(sql) {}
  Token Next();
  // The token behind this one, which stays there.
  Token Peek();

 private:
  void SkipSpace();
  size_t QuotedEnd(char quote) const;

  std::string_view sql_;
  size_t at_ = 0;
  int versioned_ = 0;  // Versioned comments that are open.
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TOKENS_H_
