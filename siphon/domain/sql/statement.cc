// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/statement.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace siphon::sql {
namespace {

// Enough tokens for "ALTER TABLE IF EXISTS ONLY a.b DETACH PARTITION c.d CONCURRENTLY".
constexpr size_t kTokens = 20;

using Tokens = std::vector<std::string>;

bool IsWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsQuote(char c) { return c == '\'' || c == '"' || c == '`'; }

// The position after a comment or spaces at `at`; `at` itself if there are none.
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

// True for a SET statement that only changes variables without effect on a transaction.
bool IsPlainSet(const Tokens& t) {
  // The name of a variable follows SET or a comma outside of parentheses.
  bool expected = true;
  int depth = 0;
  for (size_t i = 1; i < t.size(); ++i) {
    if (t[i] == "(") ++depth;
    if (t[i] == ")") --depth;
    if (t[i] == "," && depth == 0) expected = true;
    if (!expected || t[i] == ",") continue;
    expected = false;
    if (t[i] == "@" && i + 1 < t.size() && t[i + 1] != "@") continue;  // @mine = ...
    while (i < t.size() && IsAnyOf(t[i], {"@", "session", "local", "."})) ++i;
    if (i == t.size() || !IsAnyOf(t[i], {"foreign_key_checks",
                                         "unique_checks",
                                         "sql_mode",
                                         "sql_notes",
                                         "time_zone",
                                         "timestamp",
                                         "names",
                                         "character",
                                         "character_set_client",
                                         "character_set_results",
                                         "character_set_connection",
                                         "collation_connection",
                                         "sql_safe_updates",
                                         "group_concat_max_len",
                                         "lock_wait_timeout",
                                         "innodb_lock_wait_timeout",
                                         "max_execution_time",
                                         "max_statement_time",
                                         "insert_id",
                                         "sql_quote_show_create",
                                         "sql_big_selects",
                                         "max_join_size"})) {
      return false;
    }
  }
  return true;
}

Role RoleOfMysql(std::string_view statement) {
  // Enough tokens for the SET statements of dump programs.
  constexpr size_t kSetTokens = 400;
  const Tokens t = LeadingTokens(Dialect::kMysql, statement, kSetTokens);
  if (t.empty()) return Role::kOrdinary;
  const std::string_view first = t[0];
  const std::string_view second = t.size() > 1 ? std::string_view(t[1]) : "";
  if (BeginsWith(t, {"start", "transaction"})) return Role::kBegin;
  // "BEGIN NOT ATOMIC" is a block of MariaDB, which may contain any statement.
  if (first == "begin") return second.empty() || second == "work" ? Role::kBegin : Role::kAlone;
  if (first == "commit") return Role::kCommit;
  if (first == "rollback") return Has(t, "to") ? Role::kOrdinary : Role::kRollback;
  if (first == "xa") return Role::kRefused;
  if (first == "lock" && IsAnyOf(second, {"table", "tables"})) return Role::kLock;
  if (first == "flush" && (Has(t, "lock") || Has(t, "export"))) return Role::kLock;
  if (first == "unlock" && IsAnyOf(second, {"table", "tables"})) return Role::kUnlock;
  if (first == "set") {
    // After a backslash in a string, the tokens may be wrong.
    const bool plain =
        t.size() < kSetTokens && !absl::StrContains(statement, '\\') && IsPlainSet(t);
    return plain ? Role::kOrdinary : Role::kAlone;
  }
  if (IsAnyOf(first,
              {"select", "insert", "update", "delete", "replace", "with", "do", "values", "table",
               "savepoint", "release", "use", "show", "explain", "(", "describe", "desc"})) {
    return Role::kOrdinary;
  }
  return Role::kAlone;
}

}  // namespace

std::vector<std::string_view> RawTokens(Dialect dialect, std::string_view statement, size_t count) {
  std::vector<std::string_view> tokens;
  size_t at = 0;
  while (at < statement.size() && tokens.size() < count) {
    const size_t next = SkipBlank(dialect, statement, at);
    if (next != at) {
      at = next;
      continue;
    }
    const char c = statement[at];
    size_t end = at + 1;
    if (IsWord(c)) {
      while (end < statement.size() && IsWord(statement[end])) ++end;
    } else if (IsQuote(c)) {
      // A doubled quote is a part of the text.
      while (true) {
        end = statement.find(c, end);
        end = end == std::string_view::npos ? statement.size() : end + 1;
        if (end == statement.size() || statement[end] != c) break;
        ++end;
      }
    }
    tokens.push_back(statement.substr(at, end - at));
    at = end;
  }
  return tokens;
}

std::vector<std::string> LeadingTokens(Dialect dialect, std::string_view statement, size_t count) {
  Tokens tokens;
  for (const std::string_view token : RawTokens(dialect, statement, count)) {
    tokens.push_back(IsQuote(token[0]) ? "?" : absl::AsciiStrToLower(token));
  }
  return tokens;
}

Role RoleOf(Dialect dialect, std::string_view statement) {
  if (dialect == Dialect::kMysql || dialect == Dialect::kMariadb) return RoleOfMysql(statement);
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
  const bool alone =
      dialect == Dialect::kPostgres ? IsAlonePostgres(tokens) : IsAloneSqlite(tokens);
  return alone ? Role::kAlone : Role::kOrdinary;
}

Quoting QuotingOf(std::string_view sql_mode) {
  Quoting quoting;
  for (const std::string_view part : absl::StrSplit(sql_mode, absl::ByAnyChar(", '\"()"))) {
    const std::string mode = absl::AsciiStrToUpper(part);
    if (mode == "NO_BACKSLASH_ESCAPES") quoting.backslash_escapes = false;
    // The others are combinations of modes that include ANSI_QUOTES.
    if (IsAnyOf(mode, {"ANSI_QUOTES", "ANSI", "ORACLE", "MSSQL", "DB2", "MAXDB", "POSTGRESQL"})) {
      quoting.ansi_quotes = true;
    }
  }
  return quoting;
}

Quoting QuotingAfter(std::string_view statement, const Quoting& now, const Quoting& initial) {
  constexpr std::string_view kVariable = "sql_mode";
  const std::string text = absl::AsciiStrToLower(statement.substr(0, 2000));
  if (!absl::StrContains(text, kVariable)) return now;
  const Tokens tokens = LeadingTokens(Dialect::kMysql, text, 5);
  // SET may follow the "/", "*", "!" and number of a versioned comment.
  if (tokens.empty() || (tokens[0] != "set" && (tokens[0] != "/" || tokens.back() != "set"))) {
    return now;
  }
  Quoting after = now;
  for (size_t at = text.find(kVariable); at != std::string::npos;
       at = text.find(kVariable, at + 1)) {
    const char before = at > 0 ? text[at - 1] : ' ';
    // "@old_sql_mode", "@sql_mode"
    if (IsWord(before) || (before == '@' && (at < 2 || text[at - 2] != '@'))) continue;
    std::string_view value = std::string_view(text).substr(at + kVariable.size());
    if (value.starts_with("`")) value.remove_prefix(1);
    value = absl::StripLeadingAsciiWhitespace(value);
    if (value.starts_with(":")) value.remove_prefix(1);
    if (!value.starts_with("=")) continue;
    value = absl::StripLeadingAsciiWhitespace(value.substr(1));
    if (value.starts_with("'") || value.starts_with("\"")) {
      after = QuotingOf(value.substr(1, value.find(value[0], 1) - 1));
    } else if (value.starts_with("@") || value.starts_with("default")) {
      after = initial;
    } else {
      after = QuotingOf(value);  // CONCAT(@@sql_mode, ',ANSI_QUOTES')
    }
  }
  return after;
}

}  // namespace siphon::sql
