// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/statement.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/ascii.h"

namespace siphon::sql {
namespace {

// Enough for "ALTER TABLE IF EXISTS ONLY a.b DETACH PARTITION c.d CONCURRENTLY".
constexpr size_t kTokens = 20;

using Tokens = std::vector<std::string>;

bool IsWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Behind the comment or the spaces that `text` begins with; `at` itself where there are none.
size_t SkipBlank(Dialect dialect, std::string_view text, size_t at) {
  const bool mysql = dialect == Dialect::kMysql || dialect == Dialect::kMariadb;
  const std::string_view rest = text.substr(at);
  if (absl::ascii_isspace(static_cast<unsigned char>(rest[0]))) return at + 1;
  if (rest.starts_with("--") || (mysql && rest[0] == '#')) {
    return std::min(text.size(), rest.find('\n') == std::string_view::npos
                                     ? text.size()
                                     : at + rest.find('\n') + 1);
  }
  if (!rest.starts_with("/*") || (mysql && rest.starts_with("/*!"))) return at;
  size_t depth = 1;
  for (size_t i = at + 2; i < text.size(); ++i) {
    const std::string_view two = text.substr(i, 2);
    if (two == "*/") {
      ++i;
      if (--depth == 0) return i + 1;
    } else if (two == "/*" && dialect == Dialect::kPostgres) {
      ++i;
      ++depth;
    }
  }
  return text.size();
}

bool Has(const Tokens& tokens, std::string_view word) {
  return std::find(tokens.begin(), tokens.end(), word) != tokens.end();
}

bool BeginsWith(const Tokens& tokens, std::initializer_list<std::string_view> words) {
  return tokens.size() >= words.size() && std::equal(words.begin(), words.end(), tokens.begin());
}

bool IsAnyOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsAlonePostgres(const Tokens& t) {
  const std::string_view first = t[0];
  const std::string_view second = t.size() > 1 ? std::string_view(t[1]) : "";
  if (first == "vacuum" || (first == "cluster" && t.size() == 1)) return true;
  if (first == "reindex") {
    return Has(t, "concurrently") || Has(t, "schema") || Has(t, "database") || Has(t, "system");
  }
  if (first == "discard") return second == "all";
  if (first == "create" || first == "drop") {
    if (IsAnyOf(second, {"database", "tablespace", "subscription"})) return true;
    return IsAnyOf(second, {"index", "unique"}) && Has(t, "concurrently");
  }
  if (first == "alter") {
    if (second == "system") return true;
    if (second == "subscription") return Has(t, "refresh") || Has(t, "publication");
    if (second == "database") return Has(t, "tablespace");
    if (second == "table") return Has(t, "detach") && Has(t, "concurrently");
  }
  return false;
}

bool IsAloneSqlite(const Tokens& t) {
  if (t[0] == "vacuum" || t[0] == "detach") return true;
  if (t[0] != "pragma" || t.size() < 2) return false;
  // "PRAGMA main.journal_mode"
  const std::string_view name = t.size() > 3 && t[2] == "." ? t[3] : t[1];
  return IsAnyOf(
      name, {"journal_mode", "foreign_keys", "synchronous", "page_size", "auto_vacuum",
             "locking_mode", "wal_checkpoint", "encoding", "temp_store", "incremental_vacuum"});
}

}  // namespace

std::vector<std::string> LeadingTokens(Dialect dialect, std::string_view statement, size_t count) {
  Tokens tokens;
  size_t at = 0;
  while (at < statement.size() && tokens.size() < count) {
    const size_t behind = SkipBlank(dialect, statement, at);
    if (behind != at) {
      at = behind;
      continue;
    }
    const char c = statement[at];
    size_t end = at + 1;
    if (IsWord(c)) {
      while (end < statement.size() && IsWord(statement[end])) ++end;
      tokens.push_back(absl::AsciiStrToLower(statement.substr(at, end - at)));
    } else if (c == '\'' || c == '"' || c == '`') {
      end = statement.find(c, end);
      end = end == std::string_view::npos ? statement.size() : end + 1;
      tokens.emplace_back("?");
    } else {
      tokens.emplace_back(1, c);
    }
    at = end;
  }
  return tokens;
}

Role RoleOf(Dialect dialect, std::string_view statement) {
  const Tokens tokens = LeadingTokens(dialect, statement, kTokens);
  if (tokens.empty()) return Role::kOrdinary;
  const std::string_view first = tokens[0];
  if (BeginsWith(tokens, {"start", "transaction"})) return Role::kBegin;
  if (BeginsWith(tokens, {"commit", "prepared"}) || BeginsWith(tokens, {"rollback", "prepared"}) ||
      BeginsWith(tokens, {"prepare", "transaction"})) {
    return Role::kAlone;
  }
  if (first == "begin") return Role::kBegin;
  if (first == "commit" || first == "end") return Role::kCommit;
  if (first == "rollback" || first == "abort") {
    return Has(tokens, "to") ? Role::kOrdinary : Role::kRollback;
  }
  const bool alone = dialect == Dialect::kPostgres ? IsAlonePostgres(tokens)
                     : dialect == Dialect::kSqlite ? IsAloneSqlite(tokens)
                                                   : false;
  return alone ? Role::kAlone : Role::kOrdinary;
}

}  // namespace siphon::sql
