// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tokens of SQLite, and the ends of statements, as in sqlite3_complete()
// (https://www.sqlite.org/c3ref/complete.html).

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

// IdChar of sqliteInt.h.
constexpr ByteSet Words() {
  ByteSet set{};
  for (int c = 0; c < 256; ++c) {
    set[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '$' || c >= 0x80;
  }
  return set;
}
constexpr ByteSet kWords = Words();

// The bytes that begin a token for Token(), after the keywords of a statement.
constexpr ByteSet Stops() {
  ByteSet set{};
  for (const char c : std::string_view("'\"`[-/;")) set[static_cast<unsigned char>(c)] = true;
  return set;
}
constexpr ByteSet kStops = Stops();

bool IsSpace(char c) { return c == ' ' || c == '\r' || c == '\t' || c == '\n' || c == '\f'; }

class SqliteLexer : public Lexer {
 public:
  SqliteLexer() : Lexer(false) {}

  // SQLite accepts an open comment at the end.
  std::string_view open() const override {
    return mode_ == Mode::kBlockComment ? "" : Lexer::open();
  }

 private:
  // The position of the next token in the statement.
  enum class State { kStart, kNormal, kExplain, kCreate, kTrigger, kTriggerSemicolon, kTriggerEnd };
  enum class Kind { kSemicolon, kOther, kExplain, kCreate, kTemp, kTrigger, kEnd };

  void ResetPiece() override { state_ = State::kStart; }

  Flow Code() override {
    const char* const limit = Limit();
    while (p_ < limit) {
      const char* p = p_;
      if (state_ == State::kNormal) {
        while (!kStops[static_cast<unsigned char>(*p)] && ++p < limit) {
        }
        if (p == limit) {
          p_ = p;
          break;
        }
      }
      Flow flow = Token(p);
      if (flow != Flow::kGoOn) return flow;
      if (mode_ == Mode::kQuoted) flow = Quoted();
      if (flow != Flow::kGoOn || mode_ != Mode::kCode) return flow;
    }
    return Flow::kMore;
  }

  Flow Token(const char* p) {
    const char c = *p;
    p_ = p + 1;
    if (IsSpace(c)) return Flow::kGoOn;
    if (c == '-' && At(p, 1) == '-') {
      OpenLineComment(p, 2);
      return Flow::kGoOn;
    }
    if (c == '/' && At(p, 1) == '*') {
      OpenBlockComment(p, 2);
      return Flow::kGoOn;
    }
    if (c == ';') {
      Apply(Kind::kSemicolon);
      return state_ == State::kStart ? EndPiece(p, 1, End::kDelimiter) : Flow::kGoOn;
    }
    if (c == '.' && !started()) return DotCommand(p);
    BeginToken(p);
    if (kWords[static_cast<unsigned char>(c)]) return Keyword(p);
    Apply(Kind::kOther);
    if (c == '\'' || c == '"' || c == '`') OpenQuoted(p, 1, c, false);
    if (c == '[') OpenQuoted(p, 1, ']', false, false);
    return Flow::kGoOn;
  }

  Flow Keyword(const char* p) {
    size_t length = 1;
    while (length < kLookahead && kWords[static_cast<unsigned char>(At(p, length))]) ++length;
    p_ = p + length;
    if (length == kLookahead) {
      Apply(Kind::kOther);
      word_rest_ = &kWords;
      mode_ = Mode::kWord;
      return Flow::kGoOn;
    }
    const std::string word = absl::AsciiStrToLower(std::string_view(p, length));
    Kind kind = Kind::kOther;
    if (word == "create") {
      kind = Kind::kCreate;
    } else if (word == "trigger") {
      kind = Kind::kTrigger;
    } else if (word == "temp" || word == "temporary") {
      kind = Kind::kTemp;
    } else if (word == "end") {
      kind = Kind::kEnd;
    } else if (word == "explain") {
      kind = Kind::kExplain;
    }
    Apply(kind);
    return Flow::kGoOn;
  }

  Flow DotCommand(const char* p) {
    size_t length = 1;
    while (length < 20 && absl::ascii_isalpha(static_cast<unsigned char>(At(p, length)))) ++length;
    return Fail(p,
                absl::StrCat("sqlite3 command ", std::string_view(p, length),
                             ": siphon runs SQL and is not the sqlite3 shell"),
                "remove the command, or run this file with sqlite3");
  }

  void Apply(Kind kind) {
    const bool semicolon = kind == Kind::kSemicolon;
    switch (state_) {
      case State::kStart:
        if (kind == Kind::kCreate) {
          state_ = State::kCreate;
        } else if (kind == Kind::kExplain) {
          state_ = State::kExplain;
        } else if (!semicolon) {
          state_ = State::kNormal;
        }
        break;
      case State::kExplain:
        // Other words may follow: "EXPLAIN QUERY PLAN CREATE ...".
        if (semicolon) {
          state_ = State::kStart;
        } else if (kind == Kind::kCreate) {
          state_ = State::kCreate;
        } else if (kind != Kind::kOther) {
          state_ = State::kNormal;
        }
        break;
      case State::kNormal:
        if (semicolon) state_ = State::kStart;
        break;
      case State::kCreate:
        if (semicolon) {
          state_ = State::kStart;
        } else if (kind == Kind::kTrigger) {
          state_ = State::kTrigger;
        } else if (kind != Kind::kTemp) {
          state_ = State::kNormal;
        }
        break;
      case State::kTrigger:
        if (semicolon) state_ = State::kTriggerSemicolon;
        break;
      case State::kTriggerSemicolon:
        if (kind == Kind::kEnd) {
          state_ = State::kTriggerEnd;
        } else if (!semicolon) {
          state_ = State::kTrigger;
        }
        break;
      case State::kTriggerEnd:
        state_ = semicolon ? State::kStart : State::kTrigger;
        break;
    }
  }

  State state_ = State::kStart;
};

}  // namespace

std::unique_ptr<Lexer> NewSqliteLexer() { return std::make_unique<SqliteLexer>(); }

}  // namespace siphon::sql
