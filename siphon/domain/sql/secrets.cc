// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/secrets.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace siphon::sql {
namespace {

constexpr size_t kNone = std::string_view::npos;

bool IsMysql(Dialect dialect) { return dialect == Dialect::kMysql || dialect == Dialect::kMariadb; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

// The length of the dollar quote ("$tag$") at the beginning of `text`; 0 if there is none.
size_t DollarTag(std::string_view text) {
  if (text.empty() || text[0] != '$') return 0;
  size_t end = 1;
  if (end < text.size() && IsDigit(text[end])) return 0;
  while (end < text.size() && IsWord(text[end])) ++end;
  return end < text.size() && text[end] == '$' ? end + 1 : 0;
}

// The position after the string whose opening quote is at `at`; kNone if it does not end.
size_t EndOfQuoted(std::string_view text, size_t at, bool escapes) {
  const char quote = text[at];
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (escapes && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (i + 1 == text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return kNone;
}

// Makes the text of HideLiterals().
class Hider {
 public:
  Hider(Dialect dialect, std::string_view text) : dialect_(dialect), text_(text) {}

  std::string Run() {
    while (at_ < text_.size() && !lost_) Token();
    return std::move(out_);
  }
  // The end of the text is code, not a part of a string, name or comment.
  bool complete() const { return !lost_; }

 private:
  char Next(size_t i) const { return at_ + i < text_.size() ? text_[at_ + i] : '\0'; }

  void Token() {
    const char c = text_[at_];
    if (c == '\'' || (c == '"' && dialect_ != Dialect::kPostgres)) return String();
    if (c == '"' || c == '`') return Name();
    if (c == '$' && dialect_ == Dialect::kPostgres) return Dollar();
    if (c == '/' && Next(1) == '*') return BlockComment();
    if (IsLineComment(c)) return Skip(text_.find('\n', at_));
    if (IsWord(c)) return Word();
    out_ += c;
    ++at_;
  }

  // Continues after a comment at `end`, or leaves the rest out.
  void Skip(size_t end) {
    // With the space, "--" would begin a comment of MySQL.
    while (absl::EndsWith(out_, "--")) out_.pop_back();
    out_ += ' ';
    GoTo(end);
  }
  void GoTo(size_t end) {
    lost_ = end == kNone;
    at_ = std::min(end, text_.size());
  }

  void String() {
    const bool doubled = text_[at_] == '"';
    out_ += doubled ? "\"...\"" : "'...'";
    const size_t plain = EndOfQuoted(text_, at_, false);
    const size_t escaped = EndOfQuoted(text_, at_, true);
    const bool known = dialect_ == Dialect::kSqlite || escape_string_;
    if (known) {
      GoTo(escape_string_ ? escaped : plain);
    } else {
      GoTo(plain == escaped ? plain : kNone);
    }
    escape_string_ = false;
  }

  void Name() {
    const size_t end = EndOfQuoted(text_, at_, false);
    const std::string_view name = text_.substr(at_, end == kNone ? end : end - at_);
    // The text may begin within a name; then this is not one.
    const bool odd = end == kNone || name.find_first_of("'$\\\n") != kNone ||
                     (name[0] == '`' && absl::StrContains(name, '"')) ||
                     (IsMysql(dialect_) && absl::StrContains(name, '#'));
    absl::StrAppend(&out_, odd ? absl::StrCat(name.substr(0, 1), "...", name.substr(0, 1)) : name);
    GoTo(end);
  }

  void Dollar() {
    const size_t length = DollarTag(text_.substr(at_));
    if (length == 0) {
      // "$1"; a "$" may also be the end of the text.
      if (at_ + 1 == text_.size()) return GoTo(kNone);
      out_ += '$';
      ++at_;
      return;
    }
    out_ += "'...'";
    const std::string_view tag = text_.substr(at_, length);
    const size_t end = text_.find(tag, at_ + length);
    GoTo(end == kNone ? kNone : end + length);
  }

  bool IsLineComment(char c) const {
    if (IsMysql(dialect_)) {
      // As the server: "--" begins a comment only before a space or a control character.
      const char third = Next(2);
      return c == '#' || (c == '-' && Next(1) == '-' &&
                          (static_cast<unsigned char>(third) <= ' ' || third == 0x7f));
    }
    return c == '-' && Next(1) == '-';
  }

  void BlockComment() {
    if (IsMysql(dialect_) && (Next(2) == '!' || (Next(2) == 'M' && Next(3) == '!'))) {
      return VersionedComment();
    }
    size_t depth = 1;
    for (size_t i = at_ + 2; i + 1 < text_.size(); ++i) {
      const std::string_view two = text_.substr(i, 2);
      if (two == "*/") {
        if (--depth == 0) return Skip(i + 2);
        ++i;
      } else if (two == "/*" && dialect_ != Dialect::kSqlite) {
        // MySQL and MariaDB do not nest comments; what follows is not known to be code or comment.
        if (dialect_ != Dialect::kPostgres) return Skip(kNone);
        ++depth;
        ++i;
      }
    }
    Skip(kNone);
  }

  // "/*!40101 ... */" is code or a comment, according to the server's version.
  void VersionedComment() {
    const size_t begin = at_ + (Next(2) == '!' ? 3 : 4);
    const size_t end = text_.find("*/", begin);
    Hider inner(dialect_, text_.substr(begin, end == kNone ? kNone : end - begin));
    const std::string hidden = inner.Run();
    if (end == kNone || !inner.complete()) {
      out_ += ' ';
      return GoTo(kNone);
    }
    absl::StrAppend(&out_, text_.substr(at_, begin - at_), hidden, "*/");
    at_ = end + 2;
  }

  void Word() {
    const size_t begin = at_;
    const bool dollars = dialect_ == Dialect::kPostgres;
    while (at_ < text_.size() && (IsWord(text_[at_]) || (dollars && text_[at_] == '$'))) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (IsMysql(dialect_) && word.size() > 2 && word[0] == '0' && (word[1] | 0x20) == 'x') {
      out_ += "0x...";
      while (at_ < text_.size() && text_[at_] == '.') ++at_;
      return;
    }
    escape_string_ = dialect_ == Dialect::kPostgres && (word == "E" || word == "e") &&
                     at_ < text_.size() && text_[at_] == '\'';
    out_ += word;
  }

  const Dialect dialect_;
  const std::string_view text_;
  std::string out_;
  size_t at_ = 0;
  bool escape_string_ = false;  // The string that follows is E'...'.
  bool lost_ = false;           // The rest cannot be read.
};

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

std::string CutAtString(Dialect dialect, std::string_view text) {
  const size_t at = FirstString(dialect, text);
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
  return HidePatterns(Hider(dialect, sql).Run());
}

std::string HideSecrets(Dialect dialect, std::string_view message) {
  return HidePatterns(IsMysql(dialect) ? HideInMysqlMessage(message)
                                       : HideInPostgresMessage(message));
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
