// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/new_database.h"

#include <chrono>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::chrono::seconds kDropLimit{30};
constexpr int kFirstWithProviders = 15;
constexpr int kFirstWithBuiltinProvider = 17;

void SkipSpaces(std::string_view& text) { text = absl::StripLeadingAsciiWhitespace(text); }

// Removes a word, or a text in single or double quotes, from the beginning of `text`.
std::optional<std::string> TakeToken(std::string_view& text) {
  SkipSpaces(text);
  if (text.empty()) return std::nullopt;
  std::string token;
  const char quote = text[0];
  if (quote != '\'' && quote != '"') {
    size_t end = 0;
    while (end < text.size() && (absl::ascii_isalnum(static_cast<unsigned char>(text[end])) ||
                                 text[end] == '_' || text[end] == '-')) {
      ++end;
    }
    if (end == 0) end = 1;
    token = std::string(text.substr(0, end));
    text.remove_prefix(end);
    return token;
  }
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] != quote) {
      token += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == quote) {
      token += text[i++];
    } else {
      text.remove_prefix(i + 1);
      return token;
    }
  }
  return std::nullopt;
}

bool TakeWord(std::string_view& text, std::string_view word) {
  SkipSpaces(text);
  if (!absl::StartsWith(text, word)) return false;
  text.remove_prefix(word.size());
  return true;
}

std::string Option(const std::map<std::string, std::string>& options, const std::string& name) {
  const auto it = options.find(name);
  return it == options.end() ? "" : it->second;
}

}  // namespace

std::map<std::string, std::string> ParseDatabaseOptions(std::string_view definition) {
  std::string_view rest = definition;
  if (!TakeWord(rest, "CREATE DATABASE ") || !TakeToken(rest).has_value() ||
      !TakeWord(rest, "WITH ")) {
    return {};
  }
  std::map<std::string, std::string> options;
  while (true) {
    const std::optional<std::string> name = TakeToken(rest);
    if (!name.has_value() || *name == ";") return options;
    if (!TakeWord(rest, "=")) return {};
    const std::optional<std::string> value = TakeToken(rest);
    if (!value.has_value()) return {};
    options[*name] = *value;
  }
}

std::string CreateDatabaseSql(std::string_view name, const Archive* archive, int server_major) {
  std::string sql =
      absl::StrCat("CREATE DATABASE ", QuoteIdentifier(name), " TEMPLATE = template0");
  if (archive == nullptr) return sql;
  std::map<std::string, std::string> options;
  for (const ArchiveEntry& entry : archive->entries) {
    if (entry.kind == "DATABASE") options = ParseDatabaseOptions(entry.definition);
  }
  const auto add = [&](std::string_view keyword, const std::string& value) {
    if (!value.empty()) absl::StrAppend(&sql, " ", keyword, " = ", QuoteLiteral(value));
  };
  add("ENCODING", Option(options, "ENCODING"));
  // The server lacks this provider, so it uses its default locale.
  const std::string provider = absl::AsciiStrToLower(Option(options, "LOCALE_PROVIDER"));
  if (provider == "icu" && server_major < kFirstWithProviders) return sql;
  if (provider == "builtin" && server_major < kFirstWithBuiltinProvider) return sql;
  const bool known = provider == "libc" || provider == "icu" || provider == "builtin";
  if (known && server_major >= kFirstWithProviders) {
    absl::StrAppend(&sql, " LOCALE_PROVIDER = ", provider);
  }
  for (const char* const keyword :
       {"LOCALE", "LC_COLLATE", "LC_CTYPE", "ICU_LOCALE", "ICU_RULES", "BUILTIN_LOCALE"}) {
    add(keyword, Option(options, keyword));
  }
  return sql;
}

absl::Status CreateDatabase(const base::Context& context, Session& session, std::string_view name,
                            const Archive* archive, std::string_view options) {
  const absl::Status status = session.Execute(
      context, absl::StrCat(CreateDatabaseSql(name, archive, session.server_major()), options));
  if (status.ok() || !absl::StrContains(status.message(), "locale")) return status;
  return errs::WithHint(
      status,
      "the server lacks the locale; create the database with another one, and restore into it"
      " without --create");
}

absl::Status OpenToUser(const base::Context& context, Session& session, std::string_view name) {
  const std::string database = absl::StrCat("DATABASE ", QuoteIdentifier(name));
  RETURN_IF_ERROR(session.Execute(
      context, absl::StrCat("REVOKE ALL ON ", database, " FROM PUBLIC; GRANT CONNECT ON ", database,
                            " TO SESSION_USER")));
  return session.Execute(context, absl::StrCat("ALTER ", database, " ALLOW_CONNECTIONS true"));
}

absl::Status DropDatabase(const base::Context& context, Session& session, std::string_view name) {
  // FORCE ends other sessions; PostgreSQL 13 and later.
  return session.Execute(
      context, absl::StrCat("DROP DATABASE IF EXISTS ", QuoteIdentifier(name), " WITH (FORCE)"));
}

absl::Status DropDatabase(Session& session, std::string_view name) {
  return DropDatabase(base::Context().WithDeadline(std::chrono::steady_clock::now() + kDropLimit),
                      session, name);
}

}  // namespace siphon::postgres
