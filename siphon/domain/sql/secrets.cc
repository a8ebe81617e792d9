// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/secrets.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "siphon/domain/sql/literal_hider.h"

namespace siphon::sql {
namespace {

constexpr size_t kNone = std::string_view::npos;

// The end of the value at `at`: a string in quotes, with either kind of escapes, or a word.
size_t EndOfValue(std::string_view text, size_t at) {
  if (at < text.size() && (text[at] == '\'' || text[at] == '"')) {
    const size_t plain = EndOfQuoted(text, at, false);
    return plain == EndOfQuoted(text, at, true) ? std::min(plain, text.size()) : text.size();
  }
  while (at < text.size() && !IsSpace(text[at]) && !absl::StrContains("'\"&,;)", text[at])) ++at;
  return at;
}

size_t SkipSpaces(std::string_view text, size_t at) {
  while (at < text.size() && IsSpace(text[at])) ++at;
  return at;
}

// The length of a stored form of a password at the beginning of `text`, and of its part that may be
// shown. Nothing is found within a word.
struct Stored {
  size_t shown = 0;
  size_t length = 0;
};
Stored StoredPassword(std::string_view text) {
  constexpr std::string_view kScram = "SCRAM-SHA-256$";
  const auto run = [&](size_t at, auto&& accepts) {
    size_t end = at;
    while (end < text.size() && accepts(text[end])) ++end;
    return end - at;
  };
  const auto is_hex = [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); };
  if (absl::StartsWithIgnoreCase(text, kScram)) {
    const size_t rest = run(kScram.size(), [](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("+/=:$*", c);
    });
    return {kScram.size(), kScram.size() + rest};
  }
  if (absl::StartsWith(text, "md5") && run(3, is_hex) == 32) return {3, 35};
  if (text[0] == '*' && run(1, is_hex) == 40) return {0, 41};
  // caching_sha2_password; the salt may hold any character.
  if (absl::StartsWith(text, "$A$") && run(3, IsDigit) == 3 && text.substr(6, 1) == "$") {
    return {7, text.size()};
  }
  return {};
}

// True if there is a string at `at` that is not hidden yet.
bool IsString(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(std::min(at, text.size()));
  return !rest.empty() && (rest[0] == '\'' || rest[0] == '"') &&
         !absl::StartsWith(rest.substr(1), "...");
}

// The position of a password in `text`, which begins with the word in front of it, in a connection
// string or a statement; sets `end` to the end of the password. 0 if there is none.
size_t NamedPassword(std::string_view text, size_t& end) {
  size_t length = 0;
  while (length < text.size() && IsWord(text[length])) ++length;
  const std::string word = absl::AsciiStrToLower(text.substr(0, length));
  size_t at = SkipSpaces(text, length);
  bool assigned = false;
  if (word == "identified") {
    if (!absl::StartsWithIgnoreCase(text.substr(at), "by")) return 0;
    at = SkipSpaces(text, at + 2);
  } else {
    constexpr std::string_view kKeys[] = {"password",   "passwd", "pwd",
                                          "passphrase", "secret", "authentication_string"};
    const bool known = std::any_of(std::begin(kKeys), std::end(kKeys),
                                   [&](std::string_view key) { return absl::EndsWith(word, key); });
    if (!known) return 0;
    assigned = at < text.size() && text[at] == '=';
    if (assigned) at = SkipSpaces(text, at + 1);
  }
  const bool quoted = at < text.size() && (text[at] == '\'' || text[at] == '"');
  if (quoted ? !IsString(text, at) : !assigned) return 0;
  end = EndOfValue(text, at);
  return end == at ? 0 : at;
}

// For "://" at the beginning of `text`: the position of the password in the URL, and sets `end`.
size_t UrlPassword(std::string_view text, size_t& end) {
  if (!absl::StartsWith(text, "://")) return 0;
  size_t last = 3;
  while (last < text.size() && !IsSpace(text[last]) && !absl::StrContains("'\"`<>", text[last])) {
    ++last;
  }
  const std::string_view url = text.substr(0, last);
  const size_t at = url.rfind('@');
  const size_t colon = url.find(':', 3);
  if (at == kNone || colon == kNone || colon > at) return 0;
  end = at;
  return colon + 1;
}

// The position of the first string, dollar quote or comment in `text`; a string may have a prefix.
size_t FirstString(Dialect dialect, std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (text[i] == '\'' || absl::StartsWith(rest, "/*")) return i;
    if (IsMysql(dialect)) {
      const bool hex = (i == 0 || !IsWord(text[i - 1])) && absl::StartsWithIgnoreCase(rest, "0x");
      if (text[i] == '"' || hex) return i;
    } else if (DollarTag(rest) > 0) {
      return i;
    }
  }
  return kNone;
}

constexpr std::string_view kCut = "'...";
// ER_PARSE_ERROR, which quotes the statement.
constexpr std::string_view kParseError = "ERROR 1064";

// Cuts `text` off where its first string, or its first secret without quotes, begins.
std::string CutAtString(Dialect dialect, std::string_view text) {
  LiteralHider hider(dialect, text);
  hider.Run();
  const size_t at = std::min(FirstString(dialect, text), hider.first_bare());
  return at == kNone ? std::string(text) : absl::StrCat(text.substr(0, at), kCut);
}

// True if `text` ends with a mark that opens a quotation, in the languages of PostgreSQL's
// messages.
bool EndsWithQuotationMark(std::string_view text) {
  if (absl::EndsWith(text, "\"")) return true;
  while (absl::ConsumeSuffix(&text, " ") || absl::ConsumeSuffix(&text, "\u00a0")) {
  }
  constexpr std::string_view kMarks[] = {"\u00ab", "\u201e", "\u201c", "\u2018",
                                         "\u300c", "\u300e", "\u300a"};
  return std::any_of(std::begin(kMarks), std::end(kMarks),
                     [&](std::string_view mark) { return absl::EndsWith(text, mark); });
}

// The position of a statement's excerpt in one of PostgreSQL's messages that begins with a string
// or a comment; kNone if there is none. Messages are translated: the excerpt follows a quotation
// mark of the language.
size_t PostgresExcerpt(std::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (text[i] != '\'' && DollarTag(rest) == 0 && !absl::StartsWith(rest, "/*")) continue;
    std::string_view before = text.substr(0, i);
    if (EndsWithQuotationMark(before)) return i;
    if (text[i] != '\'') continue;
    // E'...', U&'...'
    absl::ConsumeSuffix(&before, "&");
    if (absl::StrContains("eEbBxXnNuU", before.back())) before.remove_suffix(1);
    if (EndsWithQuotationMark(before)) return i;
  }
  return kNone;
}

// For SQLite, too, which says: unrecognized token: "'...".
std::string HideInPostgresMessage(std::string_view message) {
  // Markers of a statement in the server's own language, as in the server's C locale.
  for (const std::string_view marker : {" at or near \"", "SQL statement \"", "SQL expression \"",
                                        "assignment \"", "remote SQL command: "}) {
    const size_t at = message.find(marker);
    if (at == kNone) continue;
    const size_t begin = at + marker.size();
    return absl::StrCat(message.substr(0, begin),
                        CutAtString(Dialect::kPostgres, message.substr(begin)));
  }
  // libpq quotes parts of a connection string that it cannot read.
  for (const std::string_view marker :
       {"connection info string", "connection option", "percent-encoded", "invalid URI"}) {
    const size_t quote = message.find('"');
    if (!absl::StrContains(message, marker) || quote == kNone) continue;
    const size_t end = message.rfind('"');
    return absl::StrCat(message.substr(0, quote), "\"...\"",
                        end == quote ? std::string_view() : message.substr(end + 1));
  }
  const size_t at = PostgresExcerpt(message);
  return at == kNone ? std::string(message) : absl::StrCat(message.substr(0, at), kCut);
}

// " at line 3"
bool IsLineNumber(std::string_view text) {
  return absl::ConsumePrefix(&text, " at line ") && !text.empty() &&
         std::all_of(text.begin(), text.end(), IsDigit);
}

std::string HideInMysqlMessage(std::string_view message) {
  for (const std::string_view marker : {"connection string '", "data source '"}) {
    const size_t at = message.find(marker);
    if (at == kNone) continue;
    const size_t end = message.rfind('\'');
    const size_t begin = at + marker.size();
    return absl::StrCat(message.substr(0, begin), "...",
                        end < begin ? std::string_view() : message.substr(end));
  }
  // ER_PARSE_ERROR in any language: the excerpt begins with the first apostrophe.
  size_t begin = message.find(" near '");
  if (begin != kNone) {
    begin += std::string_view(" near '").size();
  } else if (absl::StrContains(message, kParseError)) {
    begin = message.find('\'');
    if (begin != kNone) ++begin;
  }
  if (begin == kNone) return std::string(message);
  const size_t end = message.rfind('\'');
  const bool closed = end != kNone && end >= begin && IsLineNumber(message.substr(end + 1));
  const std::string_view excerpt = message.substr(begin, closed ? end - begin : kNone);
  return absl::StrCat(message.substr(0, begin), CutAtString(Dialect::kMysql, excerpt),
                      closed ? message.substr(end) : std::string_view());
}

// How deep strings within strings are searched, and how many secrets are kept.
constexpr int kDepth = 3;
constexpr size_t kMostSecrets = 1000;
// The length of the shortest word that is looked for in a message.
constexpr size_t kShortestWord = 3;

// Adds the secrets without quotes of `text` and of the statements in its strings. False if a part
// of it that may hold one cannot be read.
bool FindBares(Dialect dialect, std::string_view text, int depth,
               std::vector<LiteralHider::Bare>& found) {
  LiteralHider hider(dialect, text);
  hider.Run();
  found.insert(found.end(), hider.bares().begin(), hider.bares().end());
  bool known = hider.complete() || (!absl::StrContainsIgnoreCase(text, "password") &&
                                    !absl::StrContainsIgnoreCase(text, "identified"));
  if (depth == 0) return known;
  for (const std::string_view string : hider.strings()) {
    if (found.size() >= kMostSecrets) return false;
    known = FindBares(dialect, string, depth - 1, found) && known;
  }
  return known;
}

// `message` with "..." in place of the excerpt from a statement in it.
std::string WithoutExcerpt(Dialect dialect, std::string_view message) {
  const bool mysql = IsMysql(dialect);
  const std::string_view marker = mysql ? " near '" : " at or near \"";
  size_t begin = message.find(marker);
  if (begin != kNone) {
    begin += marker.size();
  } else if (mysql &&
             (absl::StrContains(message, kParseError) || absl::StrContains(message, "(1064)"))) {
    begin = message.find('\'');
    if (begin != kNone) ++begin;
  }
  if (begin == kNone) return std::string(message);
  size_t end = mysql ? message.rfind("' at line ") : kNone;
  if (end == kNone || end < begin) end = message.rfind(marker.back());
  std::string_view rest = end == kNone || end < begin ? "" : message.substr(end);
  // HideSecrets() has cut the excerpt off already.
  if (absl::StartsWith(rest.substr(std::min<size_t>(rest.size(), 1)), "...")) rest = "";
  return absl::StrCat(message.substr(0, begin), "...", rest);
}

// `message` with "..." in place of `word`, where it is a whole word.
std::string WithoutWord(std::string_view message, std::string_view word) {
  std::string out;
  const std::string lower = absl::AsciiStrToLower(message);
  const std::string sought = absl::AsciiStrToLower(word);
  // Quotation marks may be outside of ASCII.
  const auto is_word = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  size_t copied = 0;
  for (size_t at = lower.find(sought); at != kNone; at = lower.find(sought, at + 1)) {
    const size_t end = at + sought.size();
    if (at < copied || (at > 0 && is_word(lower[at - 1])) ||
        (end < lower.size() && is_word(lower[end]))) {
      continue;
    }
    absl::StrAppend(&out, message.substr(copied, at - copied), "...");
    copied = end;
  }
  return out + std::string(message.substr(copied));
}

}  // namespace

std::string HidePatterns(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    size_t end = 0;
    if (const size_t at = UrlPassword(rest, end); at > 0) {
      absl::StrAppend(&out, rest.substr(0, at), "***");
      i += end;
      continue;
    }
    const bool within_word = i > 0 && IsWord(text[i - 1]);
    if (!within_word) {
      if (const Stored stored = StoredPassword(rest); stored.length > 0) {
        absl::StrAppend(&out, rest.substr(0, stored.shown), "***");
        i += stored.length;
        continue;
      }
      if (const size_t at = NamedPassword(rest, end); at > 0) {
        const std::string_view quote = IsString(rest, at) ? rest.substr(at, 1) : "";
        absl::StrAppend(&out, rest.substr(0, at), quote, "***", quote);
        i += end;
        continue;
      }
    }
    out += text[i++];
  }
  return out;
}

std::string HideLiterals(Dialect dialect, std::string_view sql) {
  return HidePatterns(LiteralHider(dialect, sql).Run());
}

std::string HideSecrets(Dialect dialect, std::string_view message) {
  return HidePatterns(IsMysql(dialect) ? HideInMysqlMessage(message)
                                       : HideInPostgresMessage(message));
}

std::string HideSecretsOf(Dialect dialect, std::string_view statement, std::string_view message) {
  if (dialect == Dialect::kSqlite) return std::string(message);
  std::vector<LiteralHider::Bare> bares;
  const bool known = FindBares(dialect, statement, kDepth, bares);
  if (bares.empty() && known) return std::string(message);
  std::string hidden = WithoutExcerpt(dialect, message);
  // A name that the server does not know: of a type after a column named password, too.
  const bool names = absl::StrContains(message, " does not exist");
  for (const LiteralHider::Bare& bare : bares) {
    if (names && !bare.assigned) continue;
    for (const std::string_view word :
         absl::StrSplit(bare.text, absl::ByAnyChar(" \t\r\n\f\v\"'`"), absl::SkipEmpty())) {
      if (word.size() >= kShortestWord) hidden = WithoutWord(hidden, word);
    }
  }
  return hidden;
}

std::string ToolOutput::Line(std::string_view line) {
  return IsMysql(dialect_) ? MysqlLine(line) : PostgresLine(line);
}

std::string ToolOutput::PostgresLine(std::string_view line) {
  constexpr std::string_view kCommand = "Command was: ";
  // "pg_restore: error: could not execute query: ERROR:  ..."
  const bool of_tool =
      absl::StartsWith(line, "pg_restore: ") || absl::StartsWith(line, "pg_dump: ");
  if (const size_t at = line.find(kCommand); at != kNone && (at == 0 || of_tool)) {
    in_statement_ = in_command_ = true;
    const size_t begin = at + kCommand.size();
    return absl::StrCat(line.substr(0, begin), HideLiterals(dialect_, line.substr(begin)));
  }
  in_command_ = in_command_ && !of_tool;
  for (const std::string_view label : {"CONTEXT:", "QUERY:", "STATEMENT:", "LINE "}) {
    if (!absl::StartsWith(line, label)) continue;
    in_statement_ = true;
    // libpq cuts the beginning off: "LINE 1: ...word 'a' ...".
    const size_t cut = label == "LINE " ? line.find(": ...") : kNone;
    if (cut != kNone) return absl::StrCat(line.substr(0, cut), ": ...");
    return HidePatterns(CutAtString(dialect_, line));
  }
  const bool begins =
      of_tool ||
      (!in_command_ && (absl::StartsWith(line, "DETAIL:") || absl::StartsWith(line, "HINT:")));
  if (!begins && in_statement_) return "";
  std::string shown = HideSecrets(dialect_, line);
  in_statement_ = absl::EndsWith(shown, kCut);
  return shown;
}

std::string ToolOutput::MysqlLine(std::string_view line) {
  const bool begins = absl::StartsWith(line, "ERROR ") || absl::StartsWith(line, "mysql") ||
                      absl::StartsWith(line, "mariadb") ||
                      absl::StrContains(line.substr(0, 40), "Warning");
  if (!begins && in_statement_) return "";
  std::string shown = HideSecrets(dialect_, line);
  // The excerpt may continue.
  in_statement_ = absl::EndsWith(shown, kCut) ||
                  (absl::StrContains(line, kParseError) && !absl::StrContains(line, "' at line "));
  return shown;
}

}  // namespace siphon::sql
