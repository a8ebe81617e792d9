// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/statement_cursor.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/names.h"

namespace siphon::mysqlcommon {
namespace {

bool IsSpaceOnly(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); });
}

}  // namespace

std::string Shown(const Token& token) {
  if (token.kind == Token::Kind::kEnd) return "the end of the statement";
  if (token.kind == Token::Kind::kString) return "a string";
  if (IsNumber(token)) return "a number";
  return absl::StrCat("\"", ToUtf8(token.text), "\"");
}

bool IsNumber(const Token& token) {
  if (token.kind != Token::Kind::kWord) return false;
  const auto all = [](std::string_view text, auto is) {
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return is(static_cast<unsigned char>(c)); });
  };
  std::string_view text = token.text;
  if (!absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) return false;
  if (absl::StartsWith(text, "0x") || absl::StartsWith(text, "0b")) {
    return all(text.substr(2), absl::ascii_isxdigit);
  }
  const size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    if (!all(text.substr(exponent + 1), absl::ascii_isdigit)) return false;
    text = text.substr(0, exponent);
  }
  return all(text, absl::ascii_isdigit);
}

StatementCursor::StatementCursor(std::string_view sql, const Syntax& syntax,
                                 const CommentRule& rule)
    : sql_(sql), syntax_(syntax), reader_(sql, syntax, rule) {
  Read();
}

void StatementCursor::Read() {
  token_ = reader_.Next();
  const size_t from = last_.end();
  if (IsSpaceOnly(sql_.substr(from, token_.begin - from))) return;
  makes_comment_ = makes_comment_ || minus_signs_ >= 2;
  edits_.push_back({.begin = from, .end = token_.begin, .text = from == 0 || AtEnd() ? "" : " "});
}

void StatementCursor::Advance() {
  last_ = token_;
  minus_signs_ = last_.IsSymbol('-') ? minus_signs_ + 1 : 0;
  versioned_ = reader_.versioned();
  Read();
}

bool StatementCursor::IsAnyOf(std::initializer_list<std::string_view> words) const {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return Is(word); });
}

bool StatementCursor::Take(std::string_view upper) {
  if (!Is(upper)) return false;
  Advance();
  return true;
}

bool StatementCursor::TakeSymbol(char c) {
  if (!IsSymbol(c)) return false;
  Advance();
  return true;
}

void StatementCursor::DropQualifier() {
  const size_t begin = last_.begin;
  while (!edits_.empty() && edits_.back().begin >= begin) edits_.pop_back();
  const size_t end = token_.end();
  Advance();
  while (!edits_.empty() && edits_.back().begin >= begin) edits_.pop_back();
  // Also the gap before the name.
  edits_.push_back({.begin = begin, .end = std::max(end, token_.begin), .text = ""});
}

bool StatementCursor::IsDoubtful() const {
  if (!token_.closed) return true;
  if (token_.kind == Token::Kind::kSymbol) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(token_.text[0])) ||
           token_.text[0] == ';' || token_.text[0] == '\\' ||
           // MariaDB quotes names with brackets in the sql_mode MSSQL.
           token_.text[0] == '[';
  }
  if (token_.kind != Token::Kind::kWord) return false;
  // The server takes "1e5SELECT" for a number and a word.
  const bool digit = absl::ascii_isdigit(static_cast<unsigned char>(token_.text[0]));
  if (digit && !IsNumber(token_)) return true;
  return token_.text.find_first_of(syntax_.high_spaces) != std::string_view::npos;
}

bool StatementCursor::KeepRest() {
  while (!edits_.empty() && edits_.back().begin >= last_.end()) edits_.pop_back();
  if (versioned_ == 0) return true;
  if (versioned_ > 1 || !absl::EndsWith(sql_, "*/") || sql_.size() - 2 < last_.end()) return false;
  edits_.push_back({.begin = sql_.size() - 2, .end = sql_.size(), .text = ""});
  return true;
}

std::string StatementCursor::Text() const {
  std::string out;
  size_t copied = 0;
  for (const Edit& edit : edits_) {
    absl::StrAppend(&out, sql_.substr(copied, edit.begin - copied), edit.text);
    copied = edit.end;
  }
  absl::StrAppend(&out, sql_.substr(copied));
  return std::string(absl::StripLeadingAsciiWhitespace(out));
}

}  // namespace siphon::mysqlcommon
