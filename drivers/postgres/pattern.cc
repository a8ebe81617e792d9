// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/pattern.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "re2/re2.h"
#include "siphon/base/utf8.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.pattern";
constexpr std::string_view kDefaultSchema = "public";
constexpr std::string_view kSpecial = "|*+?()[]{}.^$\\";
// Longer than two names of 63 bytes with quotes.
constexpr size_t kLongest = 1000;
// The memory limit of a compiled expression, in bytes.
constexpr int64_t kExpressionMemory = 1 << 20;

absl::Status Bad(std::string_view text, std::string_view why) {
  return errs::UserError(kOp, errs::kInvalidArgument,
                         absl::StrCat("the pattern \"", text, "\" ", why),
                         "patterns are pg_dump's: items, sales.*, \"Mixed Case\"");
}

bool IsSpecial(char c) { return kSpecial.find(c) != std::string_view::npos; }

// The part of a pattern outside of quotes as a regular expression (patternToSQLRegex() of
// PostgreSQL 18, src/fe_utils/string_utils.c).
std::string Unquoted(char c, char next) {
  if (c == '*') return ".*";
  if (c == '?') return ".";
  if (c == '$') return "\\$";
  // "[]" is the type of an array, not an empty character class.
  if (c == '[' && next == ']') return "\\[";
  return std::string(1, absl::ascii_tolower(static_cast<unsigned char>(c)));
}

// The parts of a pattern, separated by dots outside of quotes, as regular expressions.
absl::StatusOr<std::vector<std::string>> SplitPattern(std::string_view text) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '\0') return Bad(text.substr(0, i), "has a NUL");
    if (c == '"' && quoted && next == '"') {
      parts.back() += c;
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (quoted) {
      if (IsSpecial(c)) parts.back() += '\\';
      parts.back() += c;
    } else if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += Unquoted(c, next);
    }
  }
  if (quoted) return Bad(text, "has a quote that is not closed");
  return parts;
}

// The same, of a text that comes from the user; no part is empty.
absl::StatusOr<std::vector<std::string>> CheckedParts(std::string_view text) {
  if (text.size() > kLongest) return Bad(text.substr(0, 100), "is too long");
  if (!base::IsValidUtf8(text)) return Bad("", "is not UTF-8");
  ASSIGN_OR_RETURN(std::vector<std::string> parts, SplitPattern(text));
  for (const std::string& part : parts) {
    if (part.empty()) return Bad(text, "has an empty name");
  }
  return parts;
}

bool IsWild(std::string_view text) {
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '*' || c == '?')) return true;
  }
  return false;
}

absl::StatusOr<std::unique_ptr<RE2>> Compile(std::string_view text, const std::string& expression) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(kExpressionMemory);
  auto compiled = std::make_unique<RE2>(expression, options);
  if (!compiled->ok()) return Bad(text, absl::StrCat("is no pattern: ", compiled->error()));
  return compiled;
}

}  // namespace

TablePattern::TablePattern() = default;
TablePattern::~TablePattern() = default;
TablePattern::TablePattern(TablePattern&&) noexcept = default;
TablePattern& TablePattern::operator=(TablePattern&&) noexcept = default;

bool TablePattern::Matches(std::string_view schema, std::string_view name) const {
  return Matches(schema, name, schema == kDefaultSchema);
}

bool TablePattern::Matches(std::string_view schema, std::string_view name, bool visible) const {
  if (schema_ == nullptr ? !visible : !RE2::FullMatch(schema, *schema_)) return false;
  return RE2::FullMatch(name, *name_);
}

NamePattern::NamePattern() = default;
NamePattern::~NamePattern() = default;
NamePattern::NamePattern(NamePattern&&) noexcept = default;
NamePattern& NamePattern::operator=(NamePattern&&) noexcept = default;

absl::StatusOr<NamePattern> NamePattern::Of(std::string_view text, size_t most) {
  ASSIGN_OR_RETURN(const std::vector<std::string> parts, CheckedParts(text));
  if (parts.size() > most) return Bad(text, absl::StrCat("has more than ", most, " names"));
  NamePattern pattern;
  pattern.wild_ = IsWild(text);
  for (const std::string& part : parts) {
    ASSIGN_OR_RETURN(std::unique_ptr<RE2> compiled, Compile(text, absl::StrCat("^(", part, ")$")));
    pattern.parts_.push_back(std::move(compiled));
  }
  return pattern;
}

bool NamePattern::Matches(const std::vector<std::string>& names) const {
  if (names.size() < parts_.size()) return false;
  const size_t first = names.size() - parts_.size();
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (!RE2::FullMatch(names[first + i], *parts_[i])) return false;
  }
  return true;
}

absl::StatusOr<TablePattern> ParseTablePattern(std::string_view text) {
  ASSIGN_OR_RETURN(const std::vector<std::string> parts, CheckedParts(text));
  if (parts.size() > 2) return Bad(text, "has more than a schema and a name");
  TablePattern pattern;
  pattern.text_ = std::string(text);
  pattern.name_expression_ = absl::StrCat("^(", parts.back(), ")$");
  ASSIGN_OR_RETURN(pattern.name_, Compile(text, pattern.name_expression_));
  if (parts.size() > 1) {
    pattern.schema_expression_ = absl::StrCat("^(", parts.front(), ")$");
    ASSIGN_OR_RETURN(pattern.schema_, Compile(text, pattern.schema_expression_));
  }
  return pattern;
}

}  // namespace siphon::postgres
