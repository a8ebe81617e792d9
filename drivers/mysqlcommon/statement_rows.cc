// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The INSERT statements of a dump.

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/allowed_words.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/statement_grammar.h"

namespace siphon::mysqlcommon {

// "INSERT [LOW_PRIORITY | DELAYED | HIGH_PRIORITY] [IGNORE] [INTO] name [PARTITION (...)] [(...)]
// VALUES (...), ..."
bool StatementGrammar::Insert(Statement& statement, int64_t& rows) {
  statement.kind = Statement::Kind::kRows;
  while (cursor_.IsAnyOf({"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"})) {
    cursor_.Advance();
  }
  if (!Name(statement.name)) return false;
  for (const bool partitions : {true, false}) {
    if (partitions && !cursor_.Take("PARTITION")) continue;
    if (!cursor_.TakeSymbol('(')) {
      if (partitions) return Refuse("unexpected PARTITION");
      continue;
    }
    while (!cursor_.TakeSymbol(')')) {
      if (!cursor_.token().IsIdentifier() || cursor_.IsDoubtful() || cursor_.Is("SELECT")) {
        return Refuse("INSERT from a query");
      }
      cursor_.Advance();
      if (!cursor_.IsSymbol(')') && !cursor_.TakeSymbol(',')) return Refuse("INSERT from a query");
    }
  }
  if (!cursor_.Take("VALUES") && !cursor_.Take("VALUE")) return Refuse("INSERT from a query");
  do {
    if (!Row()) return false;
    ++rows;
  } while (cursor_.TakeSymbol(','));
  return AtEnd();
}

bool StatementGrammar::Row() {
  if (!cursor_.TakeSymbol('(')) return Refuse("INSERT without rows");
  int depth = 1;
  while (depth > 0) {
    if (!Literal(depth)) return false;
  }
  return true;
}

// A token of a row: a literal, a sign, a call of a function of the server.
bool StatementGrammar::Literal(int& depth) {
  const Token token = cursor_.token();
  if (cursor_.AtEnd() || cursor_.IsDoubtful()) return Refuse("an incomplete row");
  cursor_.Advance();
  if (token.kind == Token::Kind::kString) return true;
  if (token.kind == Token::Kind::kSymbol) {
    const char c = token.text[0];
    if (c == ')') --depth;
    // A parenthesis of its own could begin a query.
    const bool fraction =
        c == '.' && (IsNumber(cursor_.token()) || cursor_.token().kind == Token::Kind::kSymbol);
    return c == ')' || c == ',' || c == '-' || c == '+' || fraction ||
           Refuse(absl::StrCat("a row with ", Shown(token)));
  }
  const bool string = cursor_.token().kind == Token::Kind::kString;
  if (token.kind == Token::Kind::kWord) {
    if (IsNumber(token)) return true;
    const std::string upper = absl::AsciiStrToUpper(token.text);
    if (cursor_.IsSymbol('(')) {
      if (IsIn(kLiteralFunctions, upper) || (depth > 1 && IsIn(kCastWords, upper))) {
        cursor_.Advance();
        ++depth;
        return true;
      }
      return Refuse(absl::StrCat("a row that calls ", ToUtf8(token.text)));
    }
    if (IsIn(kLiteralWords, upper) || (string && IsIn(kLiteralPrefixes, upper))) return true;
    // "_latin1'text'", "_binary 0x00"
    if (token.text[0] == '_' && (string || absl::StartsWithIgnoreCase(cursor_.token().text, "0x") ||
                                 cursor_.IsAnyOf({"X", "B"}))) {
      return true;
    }
    if (depth > 1 && IsIn(kCastWords, upper)) return true;
  }
  return Refuse(absl::StrCat("a row with ", Shown(token)));
}

}  // namespace siphon::mysqlcommon
