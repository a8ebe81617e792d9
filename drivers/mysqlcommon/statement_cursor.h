// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_STATEMENT_CURSOR_H_
#define DRIVERS_MYSQLCOMMON_STATEMENT_CURSOR_H_

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/mysqlcommon/tokens.h"

namespace siphon::mysqlcommon {

// True for a number: 12, 0x1F, 1e5, 1e (before a sign). Other words that begin with a digit are
// names.
bool IsNumber(const Token& token);
// The token for a message: a name or symbol in quotes, as written. Values are not shown, because
// they may be secrets.
std::string Shown(const Token& token);

// Reads a statement token by token, and rewrites it: comments become spaces, so that the server
// reads the tokens that the cursor has read, whichever versioned comments it would execute.
class StatementCursor {
 public:
  StatementCursor(std::string_view sql, const Syntax& syntax, const CommentRule& rule);

  const Token& token() const { return token_; }
  bool AtEnd() const { return token_.kind == Token::Kind::kEnd; }
  Token Peek() { return reader_.Peek(); }
  bool Is(std::string_view upper) const { return token_.Is(upper); }
  bool IsAnyOf(std::initializer_list<std::string_view> words) const;
  bool IsSymbol(char c) const { return token_.IsSymbol(c); }
  // The last token passed.
  const Token& last() const { return last_; }

  void Advance();
  bool Take(std::string_view upper);
  bool TakeSymbol(char c);
  // Removes the last token passed, and the current one, which is passed. For a qualifier and its
  // dot.
  void DropQualifier();

  // True if the server might read the token differently: an unfinished string, a control character,
  // a byte that could be a space in the session's character set.
  bool IsDoubtful() const;

  // Everything after the last token passed stays as it is, without the end of a versioned comment
  // that is open there. False if that end is missing.
  bool KeepRest();
  // Whether the statement must be replaced by Text().
  bool changed() const { return !edits_.empty(); }
  // True if a comment followed two minus signs: the space in its place would make them the
  // beginning of a comment, so that the server would not read what was read here.
  bool makes_comment() const { return makes_comment_; }
  std::string Text() const;
  // The number of versioned comments that are open before the current token.
  int versioned() const { return reader_.versioned(); }

 private:
  struct Edit {
    size_t begin, end;
    std::string_view text;
  };
  void Read();

  std::string_view sql_;
  Syntax syntax_;
  TokenReader reader_;
  Token token_, last_;
  int versioned_ = 0;    // After last_.
  int minus_signs_ = 0;  // Tokens in a row that end with last_.
  bool makes_comment_ = false;
  std::vector<Edit> edits_;  // In the order of the statement.
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_STATEMENT_CURSOR_H_
