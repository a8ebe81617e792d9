// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/literal_hider.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace siphon::sql {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr std::string_view kHidden = "'...'";
constexpr std::string_view kMask = "***";

// True if `word` is one of the words of `list`.
bool IsOneOf(std::string_view word, std::string_view list) {
  for (size_t at = list.find(word); at != kNone; at = list.find(word, at + 1)) {
    const bool begins = at == 0 || list[at - 1] == ' ';
    const size_t end = at + word.size();
    if (begins && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

// Words after PASSWORD that are not a password: options of accounts, and what follows a column of
// that name.
constexpr std::string_view kPlain =
    "account add after and as asc between binary bit blob bool boolean by bpchar bytea case char "
    "character check citext collate column comment constraint current date default desc drop else "
    "encrypted end except exists expire failed_login_attempts first for from generated group "
    "having history identified in inner int integer intersect interval invisible is join json "
    "jsonb key left like limit lock longblob longtext mediumblob mediumtext modify name never not "
    "null nulls nvarchar offset on option optional or order primary references rename require "
    "retain returning reuse right set text then timestamp tinyblob tinytext to type union unique "
    "unlock using uuid valid values varbinary varchar varying when where with";

// Those of them that are types of a column: no part of a statement about an account.
constexpr std::string_view kTypes =
    "binary bit blob bool boolean bpchar bytea char character citext date int integer json jsonb "
    "longblob longtext mediumblob mediumtext nvarchar text timestamp tinyblob tinytext uuid "
    "varbinary varchar varying";

constexpr std::string_view kKeys[] = {"password",   "passwd", "pwd",
                                      "passphrase", "secret", "authentication_string"};

// Words after which a character that is no ASCII begins another token.
constexpr std::string_view kEdges[] = {"password", "by", "as", "using"};

bool IsDelimiter(char c) { return c == ',' || c == ';' || c == '(' || c == ')'; }

// True for an operator that compares a column named password.
bool BeginsWithOperator(std::string_view text) {
  const std::string_view two = text.substr(0, 2);
  return (two == "<>" || two == "!=" || two == "||" || two == "::") && text.size() > 2 &&
         (IsSpace(text[2]) || text[2] == '\'');
}

}  // namespace

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

size_t DollarTag(std::string_view text) {
  if (text.empty() || text[0] != '$') return 0;
  size_t end = 1;
  if (end < text.size() && IsDigit(text[end])) return 0;
  while (end < text.size() && IsWord(text[end])) ++end;
  return end < text.size() && text[end] == '$' ? end + 1 : 0;
}

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

std::string LiteralHider::Run() {
  while (at_ < text_.size() && !lost_) Token();
  if (state_.hiding) EndBare(at_);
  return std::move(out_);
}

void LiteralHider::Token() {
  const char c = text_[at_];
  if (c == '\'' || (c == '"' && dialect_ != Dialect::kPostgres)) return String();
  if (c == '"' || c == '`') return Name();
  if (c == '$' && dialect_ == Dialect::kPostgres) return Dollar();
  if (c == '/' && Next(1) == '*') return BlockComment();
  if (IsLineComment(c)) return Skip(text_.find('\n', at_));
  if (IsWord(c)) return Word();
  if (expects_secret() && absl::StartsWith(text_.substr(at_), kMask)) return Mask();
  Symbol(c);
  ++at_;
}

void LiteralHider::Symbol(char c) {
  if (IsDelimiter(c)) {
    if (state_.hiding) EndBare(at_);
    const bool call = c == '(' && IsMysql(dialect_) && expects_secret();
    state_.expect =
        call || (c == '(' && state_.expect == Expect::kValue) ? Expect::kValue : Expect::kNothing;
    if (c == ';') state_ = {};
  } else if (c == '=' && (state_.expect == Expect::kAssigned ||
                          state_.expect == Expect::kAfterName || expects_secret())) {
    state_.expect = Expect::kValue;
  } else if (expects_secret() && !IsSpace(c) && !(c == ':' && Next(1) == '=')) {
    if (state_.expect == Expect::kSecret && BeginsWithOperator(text_.substr(at_))) {
      state_.expect = Expect::kNothing;
    } else {
      BeginBare(at_);
    }
  }
  Emit({&c, 1});
}

// Appends `shown`, unless it belongs to a secret.
void LiteralHider::Emit(std::string_view shown) {
  if (!state_.hiding) absl::StrAppend(&out_, shown);
}

void LiteralHider::BeginBare(size_t at) {
  if (state_.hiding) return;
  bares_.push_back({at, state_.expect == Expect::kValue || state_.identified, {}});
  out_ += kHidden;
  state_.expect = Expect::kNothing;
  state_.hiding = true;
}

void LiteralHider::EndBare(size_t end) {
  state_.hiding = false;
  Bare& bare = bares_.back();
  if (bare.text.empty() && end > bare.at) bare.text = text_.substr(bare.at, end - bare.at);
}

// What HidePatterns() has put in the place of a secret.
void LiteralHider::Mask() {
  Emit(kMask);
  at_ += kMask.size();
  const char c = Next(0);
  if (c == '\'' || c == '"') state_.expect = Expect::kNothing;
  EndOfSecretString();
}

// After a string in the place of a secret: what touches it belongs to it ("''word''").
void LiteralHider::EndOfSecretString() {
  if (!expects_secret()) return;
  state_.expect = Expect::kNothing;
  if (lost_ || AtEdge()) return;
  const char c = Next(0);
  if ((c == '/' && Next(1) == '*') || IsLineComment(c)) return;
  bares_.push_back({at_, true, {}});
  state_.hiding = true;
}

// Continues after a comment at `end`, or leaves the rest out.
void LiteralHider::Skip(size_t end) {
  if (!state_.hiding) {
    // With the space, "--" would begin a comment of MySQL.
    while (absl::EndsWith(out_, "--")) out_.pop_back();
    out_ += ' ';
  }
  GoTo(end);
}

void LiteralHider::GoTo(size_t end) {
  lost_ = end == kNone;
  at_ = std::min(end, text_.size());
}

void LiteralHider::String() {
  const size_t begin = at_;
  Emit(text_[at_] == '"' ? "\"...\"" : kHidden);
  const size_t plain = EndOfQuoted(text_, at_, false);
  const size_t escaped = EndOfQuoted(text_, at_, true);
  const bool known = dialect_ == Dialect::kSqlite || escape_string_;
  if (known) {
    GoTo(escape_string_ ? escaped : plain);
  } else {
    GoTo(plain == escaped ? plain : kNone);
  }
  escape_string_ = false;
  if (!lost_) strings_.push_back(text_.substr(begin + 1, at_ - begin - 2));
  EndOfSecretString();
}

void LiteralHider::Name() {
  if (expects_secret()) BeginBare(at_);
  const size_t end = EndOfQuoted(text_, at_, false);
  const std::string_view name = text_.substr(at_, end == kNone ? end : end - at_);
  // The text may begin within a name; then this is not one.
  const bool odd = end == kNone || name.find_first_of("'$\\\n") != kNone ||
                   (name[0] == '`' && absl::StrContains(name, '"')) ||
                   (IsMysql(dialect_) && absl::StrContains(name, '#'));
  Emit(odd ? absl::StrCat(name.substr(0, 1), "...", name.substr(0, 1)) : std::string(name));
  GoTo(end);
}

void LiteralHider::Dollar() {
  const size_t length = DollarTag(text_.substr(at_));
  if (length == 0) {
    // "$1"; a "$" may also be the end of the text.
    if (at_ + 1 == text_.size()) return GoTo(kNone);
    if (expects_secret()) BeginBare(at_);
    Emit("$");
    ++at_;
    return;
  }
  Emit(kHidden);
  const size_t begin = at_ + length;
  const std::string_view tag = text_.substr(at_, length);
  const size_t end = text_.find(tag, begin);
  if (end != kNone) strings_.push_back(text_.substr(begin, end - begin));
  GoTo(end == kNone ? kNone : end + length);
  EndOfSecretString();
}

bool LiteralHider::IsLineComment(char c) const {
  if (IsMysql(dialect_)) {
    // As the server: "--" begins a comment only before a space or a control character.
    const char third = Next(2);
    return c == '#' || (c == '-' && Next(1) == '-' &&
                        (static_cast<unsigned char>(third) <= ' ' || third == 0x7f));
  }
  return c == '-' && Next(1) == '-';
}

void LiteralHider::BlockComment() {
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
void LiteralHider::VersionedComment() {
  size_t begin = at_ + (Next(2) == '!' ? 3 : 4);
  const size_t end = text_.find("*/", begin);
  size_t digits = begin;
  while (digits < text_.size() && IsDigit(text_[digits])) ++digits;
  // A version has five or six digits.
  if (digits - begin >= 5 && digits - begin <= 6 && digits < text_.size() &&
      !IsWord(text_[digits])) {
    begin = digits;
  }
  LiteralHider inner(dialect_, text_.substr(begin, end == kNone ? kNone : end - begin));
  inner.state_ = state_;
  const bool was_hiding = std::exchange(inner.state_.hiding, false);
  const std::string hidden = inner.Run();
  for (const Bare& bare : inner.bares_) {
    bares_.push_back({begin + bare.at, bare.assigned, bare.text});
  }
  strings_.insert(strings_.end(), inner.strings_.begin(), inner.strings_.end());
  state_ = inner.state_;
  state_.hiding = was_hiding;
  if (end == kNone || !inner.complete()) {
    Emit(" ");
    return GoTo(kNone);
  }
  Emit(absl::StrCat(text_.substr(at_, begin - at_), hidden, "*/"));
  at_ = end + 2;
}

std::string_view LiteralHider::ReadWord() {
  const size_t begin = at_;
  const bool dollars = dialect_ == Dialect::kPostgres;
  while (at_ < text_.size() && (IsWord(text_[at_]) || (dollars && text_[at_] == '$'))) {
    if (static_cast<unsigned char>(text_[at_]) >= 0x80 && at_ > begin) {
      const std::string_view before = text_.substr(begin, at_ - begin);
      // A space or quotation mark of Unicode may follow.
      if (std::any_of(std::begin(kEdges), std::end(kEdges), [&](std::string_view edge) {
            return absl::EqualsIgnoreCase(before, edge);
          })) {
        break;
      }
    }
    ++at_;
  }
  return text_.substr(begin, at_ - begin);
}

bool LiteralHider::AtEdge() const {
  return at_ >= text_.size() || IsSpace(text_[at_]) || IsDelimiter(text_[at_]);
}

bool LiteralHider::IsPlain(std::string_view lower) const {
  return AtEdge() && IsOneOf(lower, kPlain) && !(state_.account && IsOneOf(lower, kTypes));
}

void LiteralHider::Word() {
  const size_t begin = at_;
  const std::string_view word = ReadWord();
  if (IsMysql(dialect_) && word.size() >= 2 && word[0] == '0' && (word[1] | 0x20) == 'x' &&
      (word.size() > 2 || absl::StartsWith(text_.substr(at_), "..."))) {
    Emit("0x...");
    while (at_ < text_.size() && text_[at_] == '.') ++at_;
    return EndOfSecretString();
  }
  escape_string_ = dialect_ == Dialect::kPostgres && (word == "E" || word == "e") &&
                   at_ < text_.size() && text_[at_] == '\'';
  const std::string lower = absl::AsciiStrToLower(word);
  if (state_.hiding && IsPlain(lower)) {
    EndBare(begin);
    out_ += ' ';
  }
  if (!state_.hiding && dialect_ != Dialect::kSqlite) {
    const bool prefix = word.size() == 1 && Next(0) == '\'';
    bool plain =
        prefix || lower == "password" || lower == "old_password" || (lower == "random" && AtEdge());
    if (state_.expect == Expect::kSecret) plain = plain || IsPlain(lower);
    if (state_.expect == Expect::kValue) {
      plain = plain || ((lower == "null" || lower == "default") && AtEdge());
    }
    if (expects_secret() && !plain) {
      BeginBare(begin);
    } else if (!prefix) {
      Notice(lower);
    }
  }
  Emit(word);
}

// Follows the words of a statement up to a secret.
void LiteralHider::Notice(std::string_view lower) {
  const bool made = std::exchange(state_.made, lower == "create" || lower == "alter");
  state_.account = state_.account || (made && (lower == "user" || lower == "role"));
  const Expect before = std::exchange(state_.expect, Expect::kNothing);
  if (before == Expect::kMethod) {
    state_.identified = lower == "by" || lower == "with" || lower == "via";
    if (lower == "by") state_.expect = Expect::kValue;
    return;
  }
  if (before == Expect::kAfterName) {
    state_.expect = lower == "to" ? Expect::kValue : Expect::kAfterName;
    return;
  }
  if (lower == "for" && before == Expect::kSecret) {
    state_.expect = Expect::kAfterName;
    return;
  }
  if (lower == "to" && state_.set && (before == Expect::kSecret || before == Expect::kAssigned)) {
    state_.expect = Expect::kValue;
    return;
  }
  if (state_.identified &&
      (lower == "by" || lower == "as" || lower == "using" || lower == "replace")) {
    state_.expect = Expect::kValue;
    return;
  }
  state_.set = state_.set || lower == "set";
  if (lower == "identified") {
    state_.expect = Expect::kMethod;
  } else if (lower == "password" || lower == "old_password") {
    state_.expect = before == Expect::kValue ? Expect::kValue : Expect::kSecret;
  } else if (std::any_of(std::begin(kKeys), std::end(kKeys),
                         [&](std::string_view key) { return absl::EndsWith(lower, key); })) {
    state_.expect = Expect::kAssigned;
  }
}

}  // namespace siphon::sql
