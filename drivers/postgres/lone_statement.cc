// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/lone_statement.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::postgres {
namespace {

// Enough for "ALTER TABLE IF EXISTS ONLY (a.b.c) DETACH PARTITION d.e.f CONCURRENTLY" where each
// name is of the form U&"..." UESCAPE '!', and for the options of REINDEX.
constexpr size_t kTokens = 64;

using Kind = LoneStatement::Kind;

void AppendUtf8(uint32_t value, std::string& text) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((value >> shift) & 0x3F)); };
  if (value < 0x80) {
    text += static_cast<char>(value);
  } else if (value < 0x800) {
    text += static_cast<char>(0xC0 | (value >> 6));
  } else if (value < 0x10000) {
    text += static_cast<char>(0xE0 | (value >> 12));
    tail(6);
  } else {
    text += static_cast<char>(0xF0 | (value >> 18));
    tail(12);
    tail(6);
  }
  if (value >= 0x80) tail(0);
}

// Takes the rest of an escape, "XXXX" or "+XXXXXX", from the beginning of `text`.
std::optional<uint32_t> TakeEscape(std::string_view& text) {
  const bool is_long = text.starts_with('+');
  const size_t digits = is_long ? 6 : 4;
  if (is_long) text.remove_prefix(1);
  const std::string_view number = text.substr(0, digits);
  uint32_t value = 0;
  // SimpleHexAtoi() takes signs and spaces, too.
  for (const char c : number) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
  }
  if (number.size() != digits || !absl::SimpleHexAtoi(number, &value)) return std::nullopt;
  if (value == 0 || value > 0x10FFFF) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

// The name U&`quoted` in the usual quotes; nothing if the server refuses it ("Identifiers and Key
// Words" in the manual of PostgreSQL).
std::optional<std::string> DecodeUnicodeName(std::string_view quoted, char escape) {
  std::string name = "\"";
  std::string_view rest = quoted.substr(1, quoted.size() - 2);
  uint32_t high = 0;  // The first half of a surrogate pair.
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    const bool escaped = c == escape && !rest.starts_with(escape);
    if (!escaped) {
      if (high != 0) return std::nullopt;
      if (c == escape) rest.remove_prefix(1);
      name += c;
      continue;
    }
    std::optional<uint32_t> value = TakeEscape(rest);
    if (!value.has_value()) return std::nullopt;
    const bool is_low = *value >= 0xDC00 && *value < 0xE000;
    if (is_low != (high != 0)) return std::nullopt;
    if (is_low) value = 0x10000 + ((high - 0xD800) << 10) + (*value - 0xDC00);
    high = *value >= 0xD800 && *value < 0xDC00 ? *value : 0;
    if (high != 0) continue;
    if (*value == '"') name += '"';
    AppendUtf8(*value, name);
  }
  if (high != 0) return std::nullopt;
  return name + '"';
}

class Reader {
 public:
  explicit Reader(std::string_view statement)
      : tokens_(sql::RawTokens(sql::Dialect::kPostgres, statement, kTokens)) {}

  bool IsNext(std::string_view word) const {
    return at_ < tokens_.size() && absl::EqualsIgnoreCase(tokens_[at_], word);
  }
  bool Take(std::string_view word) {
    if (!IsNext(word)) return false;
    ++at_;
    return true;
  }
  bool TakeAll(std::initializer_list<std::string_view> words) {
    const size_t before = at_;
    for (const std::string_view word : words) {
      if (Take(word)) continue;
      at_ = before;
      return false;
    }
    return true;
  }
  // "(VERBOSE, CONCURRENTLY)". True if CONCURRENTLY is on.
  bool TakeOptions() {
    bool concurrently = false;
    if (!Take("(")) return false;
    while (at_ < tokens_.size() && !Take(")")) {
      if (Take("concurrently")) {
        concurrently = !IsNext("off") && !IsNext("false") && !IsNext("0");
      } else {
        ++at_;
      }
    }
    return concurrently;
  }
  // A name with any number of schemas before it; "" if there is none.
  std::string TakeName() {
    std::string name;
    while (true) {
      const std::string part = TakePart();
      if (part.empty()) return "";
      name += part;
      if (!Take(".")) return name;
      name += '.';
    }
  }
  // The table of "[ONLY] t", "ONLY (t)" or "t *"; "" if there is none.
  std::string TakeTable() {
    const bool parenthesis = Take("only") && Take("(");
    std::string name = TakeName();
    if (parenthesis && !Take(")")) return "";
    Take("*");
    return name;
  }

 private:
  std::string TakePart() {
    if (at_ == tokens_.size()) return "";
    if (IsNext("u") && Touches(at_ + 1) && tokens_[at_ + 1] == "&" && Touches(at_ + 2) &&
        IsQuotedName(tokens_[at_ + 2])) {
      const std::string_view quoted = tokens_[at_ + 2];
      at_ += 3;
      char escape = '\\';
      if (Take("uescape") && !TakeEscapeCharacter(escape)) return "";
      return DecodeUnicodeName(quoted, escape).value_or("");
    }
    if (IsQuotedName(tokens_[at_])) return std::string(tokens_[at_++]);
    const auto first = static_cast<unsigned char>(tokens_[at_][0]);
    if (first != '_' && first < 0x80 && !absl::ascii_isalpha(first)) return "";
    // A dollar sign is a token of its own.
    std::string name(tokens_[at_++]);
    while (Touches(at_) && (tokens_[at_] == "$" || IsWord(tokens_[at_][0]))) {
      absl::StrAppend(&name, tokens_[at_++]);
    }
    return name;
  }

  // Takes the string after UESCAPE.
  bool TakeEscapeCharacter(char& escape) {
    if (at_ == tokens_.size() || tokens_[at_].size() != 3 || tokens_[at_][0] != '\'') return false;
    escape = tokens_[at_++][1];
    const auto byte = static_cast<unsigned char>(escape);
    return !absl::ascii_isxdigit(byte) && !absl::ascii_isspace(byte) && escape != '+' &&
           escape != '"' && escape != '\'';
  }

  // True if nothing is between the token at `at` and the one before it.
  bool Touches(size_t at) const {
    return at > 0 && at < tokens_.size() &&
           tokens_[at - 1].data() + tokens_[at - 1].size() == tokens_[at].data();
  }

  static bool IsQuotedName(std::string_view token) {
    return token.size() > 2 && token[0] == '"' && token.back() == '"';
  }
  static bool IsWord(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '_' || byte >= 0x80 || absl::ascii_isalnum(byte);
  }

  std::vector<std::string_view> tokens_;
  size_t at_ = 0;
};

// After "CREATE [UNIQUE] INDEX".
LoneStatement CreateIndex(Reader& reader) {
  LoneStatement read{.kind = Kind::kCreateIndex};
  read.concurrently = reader.Take("concurrently");
  read.if_not_exists = reader.TakeAll({"if", "not", "exists"});
  if (!reader.IsNext("on")) {
    read.name = reader.TakeName();
    if (read.name.empty()) return {};
  }
  if (!reader.Take("on")) return {};
  read.table = reader.TakeTable();
  return read.table.empty() ? LoneStatement() : read;
}

// After "REINDEX".
LoneStatement Reindex(Reader& reader) {
  LoneStatement read;
  read.concurrently = reader.TakeOptions();
  read.kind = reader.Take("index")      ? Kind::kReindexIndex
              : reader.Take("table")    ? Kind::kReindexTable
              : reader.Take("schema")   ? Kind::kReindexSchema
              : reader.Take("database") ? Kind::kReindexDatabase
              : reader.Take("system")   ? Kind::kReindexDatabase
                                        : Kind::kOther;
  if (read.kind == Kind::kOther) return read;
  if (reader.Take("concurrently")) read.concurrently = true;
  if (read.kind == Kind::kReindexDatabase) return read;  // The name may be left out.
  std::string& name = read.kind == Kind::kReindexTable ? read.table : read.name;
  name = reader.TakeName();
  return name.empty() ? LoneStatement() : read;
}

// After "ALTER TABLE".
LoneStatement AlterTable(Reader& reader) {
  LoneStatement read{.kind = Kind::kDetachPartition};
  reader.TakeAll({"if", "exists"});
  read.table = reader.TakeTable();
  if (read.table.empty() || !reader.TakeAll({"detach", "partition"})) return {};
  read.name = reader.TakeName();
  read.concurrently = reader.Take("concurrently");
  return read.name.empty() || !read.concurrently ? LoneStatement() : read;
}

}  // namespace

LoneStatement ParseLoneStatement(std::string_view statement) {
  Reader reader(statement);
  for (const std::string_view word :
       {"vacuum", "analyze", "analyse", "cluster", "discard", "checkpoint", "set", "reset"}) {
    if (reader.IsNext(word)) return {.kind = Kind::kRepeatable};
  }
  if (reader.TakeAll({"alter", "system"})) return {.kind = Kind::kRepeatable};
  if (reader.TakeAll({"create", "index"}) || reader.TakeAll({"create", "unique", "index"})) {
    return CreateIndex(reader);
  }
  if (reader.TakeAll({"drop", "index", "concurrently"})) {
    LoneStatement read{.kind = Kind::kDropIndex, .concurrently = true};
    reader.TakeAll({"if", "exists"});
    read.name = reader.TakeName();
    return read.name.empty() ? LoneStatement() : read;
  }
  if (reader.Take("reindex")) return Reindex(reader);
  if (reader.TakeAll({"alter", "table"})) return AlterTable(reader);
  return {};
}

}  // namespace siphon::postgres
