// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/script_splitter.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.script";
// Longer than "explain", "trigger", "temporary".
constexpr size_t kLongestKeyword = 10;

bool IsSpace(char c) { return c == ' ' || c == '\r' || c == '\t' || c == '\n' || c == '\f'; }

// True for a character that SQLite's tokenizer accepts in a name (IdChar of sqliteInt.h).
bool IsWordChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

void ScriptSplitter::Apply(Token token) {
  switch (state_) {
    case State::kStart:
      if (token == Token::kCreate) {
        state_ = State::kCreate;
      } else if (token == Token::kExplain) {
        state_ = State::kExplain;
      } else if (token != Token::kSemicolon) {
        state_ = State::kNormal;
      }
      break;
    case State::kExplain:
      // "EXPLAIN QUERY PLAN CREATE ...": other words may come between.
      if (token == Token::kSemicolon) {
        state_ = State::kStart;
      } else if (token == Token::kCreate) {
        state_ = State::kCreate;
      } else if (token != Token::kOther) {
        state_ = State::kNormal;
      }
      break;
    case State::kNormal:
      if (token == Token::kSemicolon) state_ = State::kStart;
      break;
    case State::kCreate:
      if (token == Token::kSemicolon) {
        state_ = State::kStart;
      } else if (token == Token::kTrigger) {
        state_ = State::kTrigger;
      } else if (token != Token::kTemp) {
        state_ = State::kNormal;
      }
      break;
    case State::kTrigger:
      if (token == Token::kSemicolon) state_ = State::kTriggerSemicolon;
      break;
    case State::kTriggerSemicolon:
      if (token == Token::kEnd) {
        state_ = State::kTriggerEnd;
      } else if (token != Token::kSemicolon) {
        state_ = State::kTrigger;
      }
      break;
    case State::kTriggerEnd:
      state_ = token == Token::kSemicolon ? State::kStart : State::kTrigger;
      break;
  }
}

void ScriptSplitter::BeginToken() {
  if (started_) return;
  started_ = true;
  statement_line_ = line_;
}

void ScriptSplitter::EndWord() {
  Token token = Token::kOther;
  if (word_ == "create") {
    token = Token::kCreate;
  } else if (word_ == "trigger") {
    token = Token::kTrigger;
  } else if (word_ == "temp" || word_ == "temporary") {
    token = Token::kTemp;
  } else if (word_ == "end") {
    token = Token::kEnd;
  } else if (word_ == "explain") {
    token = Token::kExplain;
  }
  word_.clear();
  lexical_ = Lexical::kNone;
  Apply(token);
}

bool ScriptSplitter::Take(char c) {
  switch (lexical_) {
    case Lexical::kWord:
      if (IsWordChar(c)) {
        if (word_.size() < kLongestKeyword) word_.push_back(absl::ascii_tolower(c));
        return false;
      }
      EndWord();
      break;
    case Lexical::kDash:
    case Lexical::kSlash: {
      const bool dash = lexical_ == Lexical::kDash;
      if (c == (dash ? '-' : '*')) {
        lexical_ = dash ? Lexical::kLineComment : Lexical::kBlockComment;
        return false;
      }
      // The pending character was an operator; as the first character of a statement it was
      // deferred.
      lexical_ = Lexical::kNone;
      if (!started_) pending_.assign(1, dash ? '-' : '/');
      BeginToken();
      Apply(Token::kOther);
      break;
    }
    case Lexical::kLineComment:
      if (c == '\n') lexical_ = Lexical::kNone;
      return false;
    case Lexical::kBlockComment:
    case Lexical::kBlockStar:
      if (c == '/' && lexical_ == Lexical::kBlockStar) {
        lexical_ = Lexical::kNone;
      } else {
        lexical_ = c == '*' ? Lexical::kBlockStar : Lexical::kBlockComment;
      }
      return false;
    case Lexical::kQuoted:
      if (c == quote_) lexical_ = Lexical::kNone;
      return false;
    case Lexical::kBracketed:
      if (c == ']') lexical_ = Lexical::kNone;
      return false;
    case Lexical::kNone:
      break;
  }

  // A character that is not part of a previous token.
  if (IsSpace(c)) return false;
  if (c == '-' || c == '/') {
    lexical_ = c == '-' ? Lexical::kDash : Lexical::kSlash;
    return false;
  }
  if (c == ';') {
    Apply(Token::kSemicolon);
    return state_ == State::kStart;
  }
  BeginToken();
  if (IsWordChar(c)) {
    lexical_ = Lexical::kWord;
    word_.assign(1, absl::ascii_tolower(c));
    return false;
  }
  if (c == '\'' || c == '"' || c == '`') {
    lexical_ = Lexical::kQuoted;
    quote_ = c;
  } else if (c == '[') {
    lexical_ = Lexical::kBracketed;
  }
  Apply(Token::kOther);
  return false;
}

size_t ScriptSplitter::SkipQuoted(std::string_view data) {
  std::string_view inside = data.substr(0, data.find(quote_));
  inside = inside.substr(0, inside.find('\0'));
  line_ += static_cast<uint64_t>(std::count(inside.begin(), inside.end(), '\n'));
  return inside.size();
}

absl::Status ScriptSplitter::Feed(std::string_view data, Consumer consume) {
  size_t begin = 0;  // Start of the part of the statement that is not in `pending_` yet.
  for (size_t i = 0; i < data.size(); ++i) {
    if (lexical_ == Lexical::kQuoted) {
      i += SkipQuoted(data.substr(i));
      if (i == data.size()) break;
    }
    if (data[i] == '\0') {
      return errs::IntegrityError(kOp, absl::StrCat("line ", line_, " contains a NUL byte"));
    }
    const bool was_started = started_;
    const bool complete = Take(data[i]);
    if (!was_started && started_) begin = i;
    if (complete && started_) {
      pending_.append(data.substr(begin, i + 1 - begin));
      RETURN_IF_ERROR(CheckLength());
      const absl::Status consumed = consume({pending_, statement_line_});
      pending_.clear();
      started_ = false;
      RETURN_IF_ERROR(consumed);
    }
    if (data[i] == '\n') ++line_;
  }
  if (started_) pending_.append(data.substr(begin));
  return CheckLength();
}

absl::Status ScriptSplitter::CheckLength() const {
  if (pending_.size() <= max_statement_) return absl::OkStatus();
  return errs::IntegrityError(
      kOp, absl::StrCat("the statement that begins in line ", statement_line_, " is longer than ",
                        max_statement_, " bytes"));
}

absl::Status ScriptSplitter::Finish() const {
  if (!started_ && lexical_ != Lexical::kDash && lexical_ != Lexical::kSlash) {
    return absl::OkStatus();
  }
  return errs::IntegrityError(
      kOp, absl::StrCat("the script ends inside the statement that begins in line ",
                        started_ ? statement_line_ : line_));
}

std::string TerminateStatement(std::string_view statement) {
  for (const std::string_view end : {";", "\n;", "*/;"}) {
    std::string terminated = absl::StrCat(statement, end);
    ScriptSplitter splitter;
    bool whole = false;
    const absl::Status fed = splitter.Feed(terminated, [&](const ScriptSplitter::Piece& piece) {
      whole = piece.text.size() == terminated.size();
      return absl::OkStatus();
    });
    if (fed.ok() && whole && splitter.Finish().ok()) return terminated;
  }
  return absl::StrCat(statement, "\n;");
}

}  // namespace siphon::sqlite
