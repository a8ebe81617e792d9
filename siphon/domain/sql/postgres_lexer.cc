// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tokens of PostgreSQL, as in src/fe_utils/psqlscan.l.

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "siphon/domain/sql/lexer.h"

namespace siphon::sql {
namespace {

using ByteSet = std::array<bool, 256>;

constexpr ByteSet WordBytes(std::string_view more) {
  ByteSet set{};
  for (int c = 0; c < 256; ++c) {
    set[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c >= 0x80;
  }
  for (const char c : more) set[static_cast<unsigned char>(c)] = true;
  return set;
}

constexpr ByteSet kTag = WordBytes("");
constexpr ByteSet kName = WordBytes("$");
constexpr ByteSet kNumber = WordBytes(".");

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool StartsName(char c) { return kTag[static_cast<unsigned char>(c)] && !IsDigit(c); }

class PostgresLexer : public Lexer {
 public:
  explicit PostgresLexer(bool escapes) : Lexer(escapes) {
    nested_comments_ = true;
    line_comment_end_ = '\r';
  }

 private:
  // The words of CREATE [OR REPLACE] FUNCTION|PROCEDURE that were read at the beginning.
  enum class Head { kNothing, kCreate, kCreateOr, kCreateOrReplace, kRoutine, kCopy, kOther };

  Flow Code() override {
    const char* const limit = Limit();
    while (p_ < limit) {
      const Flow flow = Token(p_);
      if (flow != Flow::kGoOn || mode_ != Mode::kCode) return flow;
    }
    return Flow::kMore;
  }

  void ResetPiece() override {
    head_ = Head::kNothing;
    parentheses_ = 0;
    blocks_ = 0;
    previous_.clear();
    after_string_ = false;
  }

  Flow Token(const char* p) {
    const char c = *p;
    if (absl::ascii_isspace(static_cast<unsigned char>(c))) {
      if (c == '\n' || c == '\r') newline_ = true;
      p_ = p + 1;
      return Flow::kGoOn;
    }
    if (c == '-' && At(p, 1) == '-') {
      OpenLineComment(p, 2);
      return Flow::kGoOn;
    }
    if (c == '\'') {
      // A string that continues on the next line keeps its kind: E'a'\n'b' is one E'' string.
      const bool continued = after_string_ && newline_;
      OpenString(p, 1, continued ? string_escapes_ : escapes_);
      return Flow::kGoOn;
    }
    after_string_ = false;
    if (c == '/' && At(p, 1) == '*') {
      OpenBlockComment(p, 2);
      return Flow::kGoOn;
    }
    if (c == ';' && parentheses_ == 0 && blocks_ == 0) return EndPiece(p, 1, End::kDelimiter);
    if (c == '\\') return BackslashCommand(p);
    BeginToken(p);
    if (StartsName(c)) return Name(p);
    if (IsDigit(c)) return Run(p, 1, kNumber);
    if (c == '$') return Dollar(p);
    Other(p, c);
    return Flow::kGoOn;
  }

  void Other(const char* p, char c) {
    previous_ = c == '.' ? "." : "";
    if (head_ == Head::kNothing) head_ = Head::kOther;
    if (c == '"') {
      OpenQuoted(p, 1, '"', false);
      return;
    }
    if (c == '(') ++parentheses_;
    if (c == ')' && parentheses_ > 0) --parentheses_;
    p_ = p + 1;
  }

  void OpenString(const char* p, size_t length, bool escapes) {
    BeginToken(p);
    if (head_ == Head::kNothing) head_ = Head::kOther;
    previous_.clear();
    after_string_ = true;
    newline_ = false;
    string_escapes_ = escapes;
    OpenQuoted(p, length, '\'', escapes);
  }

  // Reads a token that begins with the `length` bytes at `p` and continues with bytes in `set`.
  Flow Run(const char* p, size_t length, const ByteSet& set) {
    previous_.clear();
    if (head_ == Head::kNothing) head_ = Head::kOther;
    p_ = p + length;
    word_rest_ = &set;
    mode_ = Mode::kWord;
    return Flow::kGoOn;
  }

  Flow Name(const char* p) {
    size_t length = 1;
    while (length < kLookahead && kName[static_cast<unsigned char>(At(p, length))]) ++length;
    if (length == kLookahead) return Run(p, length, kName);
    const char next = At(p, length);
    const char first = absl::ascii_tolower(static_cast<unsigned char>(*p));
    if (length == 1 && next == '\'') {
      if (first == 'e') return Prefixed(p, 2, true);
      if (first == 'b' || first == 'x') return Prefixed(p, 2, false);
      if (first == 'n') return Prefixed(p, 2, escapes_);
    }
    if (length == 1 && first == 'u' && next == '&' && At(p, 2) == '\'') {
      return Prefixed(p, 3, false);
    }
    p_ = p + length;
    return Keyword(p, absl::AsciiStrToLower(std::string_view(p, length)));
  }

  Flow Prefixed(const char* p, size_t length, bool escapes) {
    OpenString(p, length, escapes);
    return Flow::kGoOn;
  }

  Flow Keyword(const char* p, std::string word) {
    Advance(word);
    if (head_ == Head::kCopy && parentheses_ == 0 && previous_ == "from" && word == "stdin") {
      return Fail(p, "COPY ... FROM STDIN: its data is not SQL",
                  "write INSERT statements, or load the data with psql");
    }
    if (head_ == Head::kRoutine && parentheses_ == 0) {
      // A keyword after a dot or AS is a name: "t.end", "AS end".
      const bool name = previous_ == "." || previous_ == "as";
      if (blocks_ == 0) {
        if (word == "atomic" && previous_ == "begin") blocks_ = 1;
      } else if (word == "case" && !name) {
        ++blocks_;
      } else if (word == "end" && !name) {
        --blocks_;
      }
    }
    previous_ = std::move(word);
    return Flow::kGoOn;
  }

  void Advance(std::string_view word) {
    const bool routine = word == "function" || word == "procedure";
    switch (head_) {
      case Head::kNothing:
        head_ = word == "create" ? Head::kCreate : word == "copy" ? Head::kCopy : Head::kOther;
        break;
      case Head::kCreate:
        head_ = routine ? Head::kRoutine : word == "or" ? Head::kCreateOr : Head::kOther;
        break;
      case Head::kCreateOr:
        head_ = word == "replace" ? Head::kCreateOrReplace : Head::kOther;
        break;
      case Head::kCreateOrReplace:
        head_ = routine ? Head::kRoutine : Head::kOther;
        break;
      case Head::kRoutine:
      case Head::kCopy:
      case Head::kOther:
        break;
    }
  }

  Flow Dollar(const char* p) {
    if (IsDigit(At(p, 1))) return Run(p, 2, kNumber);  // A parameter.
    size_t length = 1;
    if (StartsName(At(p, 1))) {
      while (length < kLookahead && kTag[static_cast<unsigned char>(At(p, length))]) ++length;
    }
    if (length == kLookahead) {
      return Fail(p, "the tag of a dollar quote is longer than 62 bytes", "choose a shorter one");
    }
    if (At(p, length) != '$') {
      Other(p, '$');
      return Flow::kGoOn;
    }
    previous_.clear();
    if (head_ == Head::kNothing) head_ = Head::kOther;
    tag_.assign(p, length + 1);
    OpenDollarQuoted(p);
    return Flow::kGoOn;
  }

  Flow BackslashCommand(const char* p) {
    size_t length = 1;
    while (length < 20 && absl::ascii_isalpha(static_cast<unsigned char>(At(p, length)))) ++length;
    const std::string_view command(p, length);
    // pg_dump's output forbids psql's commands, which siphon does not know anyway.
    if (!started() && (command == "\\restrict" || command == "\\unrestrict")) {
      mode_ = Mode::kDirective;
      p_ = p + length;
      return Flow::kGoOn;
    }
    return Fail(
        p,
        absl::StrCat("psql command ", command, ": siphon sends SQL to the server and is not psql"),
        "remove the command, or run this file with psql");
  }

  // Reads the rest of its line.
  Flow Directive() override {
    const char* const end = FindEither(p_, end_of_data_, '\n', '\n');
    p_ = end;
    if (end == end_of_data_ && !final_) return Flow::kMore;
    mode_ = Mode::kCode;
    return EndPiece(end, end == end_of_data_ ? 0 : 1, End::kDirective);
  }

  Head head_ = Head::kNothing;
  size_t parentheses_ = 0;
  size_t blocks_ = 0;     // The number of open BEGIN ATOMIC and CASE.
  std::string previous_;  // The previous token if it was a word or a dot; else empty.
  bool after_string_ = false;
  bool newline_ = false;  // A line feed followed that string.
  bool string_escapes_ = false;
};

}  // namespace

std::unique_ptr<Lexer> NewPostgresLexer(bool escapes) {
  return std::make_unique<PostgresLexer>(escapes);
}

}  // namespace siphon::sql
