// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/grants.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"

namespace siphon::postgres {
namespace {

struct Token {
  enum class Kind { kWord, kQuoted, kOther };
  Kind kind = Kind::kOther;
  std::string text;  // A word in upper case, a quoted name without its quotes.
  std::string raw;   // A word as it was.
};

bool IsWordByte(char c) {
  const unsigned char byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || c == '$' || byte >= 0x80;
}

// The end of a quoted text that begins at `begin`; a doubled quote is part of the text.
size_t QuoteEnd(std::string_view sql, size_t begin) {
  const char quote = sql[begin];
  for (size_t i = begin + 1; i < sql.size(); ++i) {
    if (sql[i] != quote) continue;
    if (i + 1 >= sql.size() || sql[i + 1] != quote) return i + 1;
    ++i;
  }
  return sql.size();
}

std::string Unquote(std::string_view quoted) {
  std::string name;
  const size_t end = quoted.size() > 1 && quoted.back() == '"' ? quoted.size() - 1 : quoted.size();
  for (size_t i = 1; i < end; ++i) {
    name += quoted[i];
    if (quoted[i] == '"') ++i;
  }
  return name;
}

std::vector<Token> Tokenize(std::string_view sql) {
  std::vector<Token> tokens;
  for (size_t i = 0; i < sql.size();) {
    const size_t begin = i;
    Token token;
    if (sql[i] == '"' || sql[i] == '\'') {
      i = QuoteEnd(sql, i);
      if (sql[begin] == '"') {
        token.kind = Token::Kind::kQuoted;
        token.text = Unquote(sql.substr(begin, i - begin));
      }
    } else if (IsWordByte(sql[i])) {
      while (i < sql.size() && IsWordByte(sql[i])) ++i;
      token.kind = Token::Kind::kWord;
      token.raw = std::string(sql.substr(begin, i - begin));
      token.text = absl::AsciiStrToUpper(token.raw);
    } else {
      ++i;
      if (absl::ascii_isspace(static_cast<unsigned char>(sql[begin]))) continue;
      token.text = std::string(1, sql[begin]);
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

bool IsWord(const std::vector<Token>& tokens, size_t i, std::string_view word) {
  return i < tokens.size() && tokens[i].kind == Token::Kind::kWord && tokens[i].text == word;
}

bool IsComma(const std::vector<Token>& tokens, size_t i) {
  return i < tokens.size() && tokens[i].kind == Token::Kind::kOther && tokens[i].text == ",";
}

// True if the token at `i + 1` is the name of a role.
bool RoleFollows(const std::vector<Token>& tokens, size_t i) {
  if (IsWord(tokens, i, "TO") || IsWord(tokens, i, "FROM")) return true;
  if (IsWord(tokens, i, "ROLE")) return i > 0 && IsWord(tokens, i - 1, "FOR");
  return IsWord(tokens, i, "AUTHORIZATION") && i > 0 && IsWord(tokens, i - 1, "SESSION");
}

}  // namespace

std::set<std::string> ParseGrantedRoles(std::string_view sql) {
  constexpr std::string_view kNoRoles[] = {"PUBLIC", "CURRENT_USER", "SESSION_USER", "CURRENT_ROLE",
                                           "DEFAULT"};
  const std::vector<Token> tokens = Tokenize(sql);
  std::set<std::string> roles;
  bool in_expression = false;
  for (size_t i = 0; i < tokens.size(); ++i) {
    // Skips the expressions of a policy, up to the end of the statement.
    if (IsWord(tokens, i, "USING") || IsWord(tokens, i, "CHECK")) in_expression = true;
    if (tokens[i].kind == Token::Kind::kOther && tokens[i].text == ";") in_expression = false;
    if (in_expression || !RoleFollows(tokens, i)) continue;
    // A policy may name several roles.
    for (size_t at = i + 1; at < tokens.size(); at += 2) {
      const Token& token = tokens[at];
      if (token.kind == Token::Kind::kOther) break;
      const bool none =
          token.kind == Token::Kind::kWord &&
          std::find(std::begin(kNoRoles), std::end(kNoRoles), token.text) != std::end(kNoRoles);
      const std::string& name = token.kind == Token::Kind::kQuoted ? token.text : token.raw;
      if (!none && !name.empty()) roles.insert(name);
      if (!IsComma(tokens, at + 1)) break;
    }
  }
  return roles;
}

}  // namespace siphon::postgres
