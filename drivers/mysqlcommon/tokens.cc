// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/tokens.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace siphon::mysqlcommon {
namespace {

bool IsWordByte(char c) {
  const unsigned char byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || c == '$' || c == '@' || byte >= 0x80;
}

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

// The byte that a backslash followed by `c` means in a string.
char Unescaped(char c) {
  switch (c) {
    case '0':
      return '\0';
    case 'b':
      return '\b';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'Z':
      return '\x1a';
    default:
      return c;
  }
}

// The length of "/*!50001" or "/*M!100100" at the beginning; 0 when there is none.
size_t VersionedOpening(std::string_view text) {
  size_t size = 0;
  if (absl::StartsWith(text, "/*!")) {
    size = 3;
  } else if (absl::StartsWith(text, "/*M!")) {
    size = 4;
  } else {
    return 0;
  }
  while (size < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[size]))) ++size;
  return size;
}

}  // namespace

bool Token::Is(std::string_view upper) const {
  return kind == Kind::kWord && absl::EqualsIgnoreCase(text, upper);
}

std::string Token::Value() const {
  if (kind != Kind::kName && kind != Kind::kString) return std::string(text);
  const char quote = text[0];
  std::string_view inner = text.substr(1);
  if (!inner.empty() && inner.back() == quote) inner.remove_suffix(1);
  std::string value;
  for (size_t i = 0; i < inner.size(); ++i) {
    if (kind == Kind::kString && inner[i] == '\\' && i + 1 < inner.size()) {
      value += Unescaped(inner[++i]);
      continue;
    }
    if (inner[i] == quote && i + 1 < inner.size() && inner[i + 1] == quote) {
      ++i;
    }
    value += inner[i];
  }
  return value;
}

void TokenReader::SkipSpace() {
  while (at_ < sql_.size()) {
    const std::string_view rest = sql_.substr(at_);
    if (IsSpace(rest[0])) {
      ++at_;
    } else if (rest[0] == '#' ||
               (absl::StartsWith(rest, "--") && (rest.size() == 2 || IsSpace(rest[2])))) {
      at_ = std::min(sql_.size(), sql_.find('\n', at_));
    } else if (const size_t opening = VersionedOpening(rest); opening > 0) {
      ++versioned_;
      at_ += opening;
    } else if (absl::StartsWith(rest, "/*")) {
      const size_t end = sql_.find("*/", at_ + 2);
      at_ = end == std::string_view::npos ? sql_.size() : end + 2;
    } else if (versioned_ > 0 && absl::StartsWith(rest, "*/")) {
      --versioned_;
      at_ += 2;
    } else {
      return;
    }
  }
}

size_t TokenReader::QuotedEnd(char quote) const {
  size_t at = at_ + 1;
  while (at < sql_.size()) {
    if (sql_[at] == '\\' && quote != '`') {
      at += 2;
    } else if (sql_[at] != quote) {
      ++at;
    } else if (at + 1 < sql_.size() && sql_[at + 1] == quote) {
      at += 2;
    } else {
      return at + 1;
    }
  }
  return sql_.size();
}

Token TokenReader::Next() {
  SkipSpace();
  Token token;
  token.begin = at_;
  if (at_ >= sql_.size()) return token;
  const char c = sql_[at_];
  size_t end = at_ + 1;
  if (c == '`' || c == '\'' || c == '"') {
    token.kind = c == '`' ? Token::Kind::kName : Token::Kind::kString;
    end = QuotedEnd(c);
  } else if (IsWordByte(c)) {
    token.kind = Token::Kind::kWord;
    while (end < sql_.size() && IsWordByte(sql_[end])) ++end;
  } else {
    token.kind = Token::Kind::kSymbol;
  }
  token.text = sql_.substr(at_, end - at_);
  at_ = end;
  return token;
}

Token TokenReader::Peek() {
  const size_t at = at_;
  const int versioned = versioned_;
  const Token token = Next();
  at_ = at;
  versioned_ = versioned;
  return token;
}

}  // namespace siphon::mysqlcommon
