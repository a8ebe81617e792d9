// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/secrets.h"

namespace {

using siphon::sql::Dialect;

constexpr Dialect kDialects[] = {Dialect::kPostgres, Dialect::kMysql, Dialect::kMariadb,
                                 Dialect::kSqlite};
// Appears in strings and comments alone, so none may be shown.
constexpr char kSecret = '\x01';

void Require(bool condition) {
  if (!condition) std::abort();
}

// `content` with a secret, as the content of a string between `quote`s that is read in one way
// only.
std::string Quoted(std::string_view content, char quote) {
  std::string text(1, quote);
  for (const char c : content) {
    if (c == '\\') continue;
    text += c;
    if (c == quote) text += c;
    text += kSecret;
  }
  return text + kSecret + quote;
}

// `content` without the bytes that would end or begin a token in it.
std::string Without(std::string_view content, std::string_view bytes) {
  std::string text;
  for (const char c : content) {
    if (bytes.find(c) == std::string_view::npos && c != kSecret) text += c;
  }
  return text;
}

// A token of the dialect that begins with a byte of the input.
std::string Token(Dialect dialect, uint8_t kind, std::string_view content) {
  const bool postgres = dialect == Dialect::kPostgres;
  switch (kind % 8) {
    case 0:
      return Quoted(content, '\'');
    case 1:
      return postgres ? "E" + Quoted(content, '\'') : Quoted(content, '"');
    case 2: {
      if (!postgres) return "x" + Quoted(content, '\'');
      const std::string body = Without(content, "$");
      return "$t$" + body + kSecret + "$" + kSecret + "$t$";
    }
    case 3:
      return postgres ? "\"" + Without(content, "\"") + "\"" : "`" + Without(content, "`") + "`";
    case 4:
      return "-- " + Without(content, "\n") + kSecret + "'\n";
    case 5:
      return "/* " + Without(content, "*/") + kSecret + "'\" */";
    case 6:
      return postgres ? "$1" : "@a";
    default:
      return "PASSWORD = ";
  }
}

}  // namespace

// The first byte selects the dialect. As they are, the other bytes are hostile text; taken as a
// list of kinds and lengths of tokens, they make a statement whose strings are known. It is cut off
// anywhere.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const Dialect dialect = kDialects[data[0] % 4];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);

  const std::string hidden = siphon::sql::HideLiterals(dialect, text);
  Require(siphon::sql::HideLiterals(dialect, hidden) == hidden);
  const std::string message = siphon::sql::HideSecrets(dialect, text);
  Require(siphon::sql::HideSecrets(dialect, message) == message);
  const std::string patterns = siphon::sql::HidePatterns(text);
  Require(siphon::sql::HidePatterns(patterns) == patterns);
  siphon::sql::ToolOutput output(dialect);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    output.Line(text.substr(at, end - at));
    at = end + 1;
  }

  std::string statement;
  for (size_t at = 0; at < text.size();) {
    const auto kind = static_cast<uint8_t>(text[at]);
    const size_t length = kind / 8;
    statement += Token(dialect, kind, text.substr(at + 1, length)) + " ";
    at += 1 + length;
  }
  for (const size_t length : {statement.size(), size % (statement.size() + 1)}) {
    const std::string shown =
        siphon::sql::HideLiterals(dialect, std::string_view(statement).substr(0, length));
    Require(shown.find(kSecret) == std::string::npos);
  }
  return 0;
}
