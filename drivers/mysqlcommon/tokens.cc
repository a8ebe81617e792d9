// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/tokens.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

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

// The length of "/*!50001" or "/*M!100100" at the beginning; 0 when there is none. The servers read
// five or six digits.
size_t VersionedOpening(std::string_view text) {
  constexpr size_t kDigits = 6;
  size_t size = 0;
  if (absl::StartsWith(text, "/*!")) {
    size = 3;
  } else if (absl::StartsWith(text, "/*M!")) {
    size = 4;
  } else {
    return 0;
  }
  const size_t limit = std::min(text.size(), size + kDigits);
  while (size < limit && absl::ascii_isdigit(static_cast<unsigned char>(text[size]))) ++size;
  return size;
}

}  // namespace

// MariaDB ignores the versions of MySQL that came after the fork ("Comment Syntax" in its manual).
bool CommentRule::Executes(std::string_view opening) const {
  if (all) return true;
  constexpr int kForkFrom = 50700, kForkTo = 99999;
  const bool of_mariadb = absl::StartsWith(opening, "/*M!");
  if (of_mariadb && !mariadb) return false;
  int wanted = 0;
  const std::string_view digits = opening.substr(of_mariadb ? 4 : 3);
  if (digits.empty()) return true;
  if (!absl::SimpleAtoi(digits, &wanted) || wanted > version) return false;
  return !mariadb || of_mariadb || wanted < kForkFrom || wanted > kForkTo;
}

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
    if (kind == Kind::kString && escapes && inner[i] == '\\' && i + 1 < inner.size()) {
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

void TokenReader::SkipComment(bool nested) {
  size_t at = at_ + 2;
  size_t depth = 1;
  while (at < sql_.size()) {
    const std::string_view two = sql_.substr(at, 2);
    if (two == "*/") {
      at += 2;
      if (--depth == 0) break;
    } else if (nested && two == "/*") {
      at += 2;
      ++depth;
    } else {
      ++at;
    }
  }
  at_ = at;
}

void TokenReader::SkipSpace() {
  while (at_ < sql_.size()) {
    const std::string_view rest = sql_.substr(at_);
    if (IsSpace(rest[0])) {
      ++at_;
      continue;
    }
    const size_t opening = VersionedOpening(rest);
    const auto third = static_cast<unsigned char>(rest.size() > 2 ? rest[2] : ' ');
    if (rest[0] == '#' || (absl::StartsWith(rest, "--") &&
                           (absl::ascii_isspace(third) || absl::ascii_iscntrl(third)))) {
      at_ = std::min(sql_.size(), sql_.find('\n', at_));
    } else if (opening > 0 && rule_.Executes(rest.substr(0, opening))) {
      ++versioned_;
      at_ += opening;
    } else if (absl::StartsWith(rest, "/*")) {
      SkipComment(opening > 0);
    } else if (versioned_ > 0 && absl::StartsWith(rest, "*/")) {
      --versioned_;
      at_ += 2;
    } else {
      return;
    }
    commented_ = true;
  }
}

size_t TokenReader::QuotedEnd(char quote, bool escapes, bool& closed) const {
  const bool multibyte = syntax_.charset != sql::Charset::kPlain;
  size_t at = at_ + 1;
  while (at < sql_.size()) {
    const char c = sql_[at];
    const size_t character = multibyte ? sql::MultiByteLength(syntax_.charset, sql_.substr(at)) : 0;
    if (character != 0) {
      at += character;
    } else if (c == '\\' && escapes) {
      at += 2;
    } else if (c != quote) {
      ++at;
    } else if (at + 1 < sql_.size() && sql_[at + 1] == quote) {
      at += 2;
    } else {
      return at + 1;
    }
  }
  closed = false;
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
    const bool name = c == '`' || (c == '"' && syntax_.ansi_quotes);
    token.kind = name ? Token::Kind::kName : Token::Kind::kString;
    token.escapes = !name && syntax_.backslash_escapes;
    end = QuotedEnd(c, token.escapes, token.closed);
  } else if (IsWordByte(c)) {
    token.kind = Token::Kind::kWord;
    end = at_;
    while (end < sql_.size() && IsWordByte(sql_[end])) {
      const size_t character = sql::MultiByteLength(syntax_.charset, sql_.substr(end));
      end += std::max<size_t>(character, 1);
    }
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
  const bool commented = commented_;
  const Token token = Next();
  at_ = at;
  versioned_ = versioned;
  commented_ = commented;
  return token;
}

}  // namespace siphon::mysqlcommon
