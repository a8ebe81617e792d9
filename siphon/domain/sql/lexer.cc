// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/lexer.h"

#include <cstring>
#include <utility>

namespace siphon::sql {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

Lexer::Outcome Lexer::Scan(std::string_view data, bool final) {
  begin_ = data.data();
  begin_position_ = position_;
  p_ = begin_;
  end_of_data_ = begin_ + data.size();
  final_ = final;
  if (first_piece_ && position_ == 0 && data.starts_with(kByteOrderMark) &&
      (final || data.size() > kLookahead)) {
    p_ += kByteOrderMark.size();
  }
  Flow flow = Flow::kGoOn;
  while (flow == Flow::kGoOn) {
    switch (mode_) {
      case Mode::kCode:
        flow = Code();
        break;
      case Mode::kQuoted:
        flow = Quoted();
        break;
      case Mode::kLineComment:
        flow = LineComment();
        break;
      case Mode::kBlockComment:
        flow = BlockComment();
        break;
      case Mode::kDollarQuoted:
        flow = DollarQuoted();
        break;
      case Mode::kWord:
        flow = Word();
        break;
      case Mode::kDirective:
        flow = Directive();
        break;
      case Mode::kCounted:
        flow = Counted();
        break;
    }
  }
  position_ = Offset(p_);
  if (flow == Flow::kPiece) return Outcome::kPiece;
  return flow == Flow::kError ? Outcome::kError : Outcome::kMore;
}

void Lexer::NextPiece() {
  position_ = 0;
  first_piece_ = false;
  started_ = false;
  end_ = End::kEndOfInput;
  ResetPiece();
}

std::string_view Lexer::open() const {
  switch (mode_) {
    case Mode::kCode:
    case Mode::kLineComment:
    case Mode::kWord:
    case Mode::kDirective:
      return "";
    case Mode::kQuoted:
      return quote_ == '\'' ? "string" : quote_ == '"' ? "quoted text" : "quoted name";
    case Mode::kBlockComment:
      return "comment";
    case Mode::kDollarQuoted:
      return "dollar-quoted string";
    case Mode::kCounted:
      return "statement of a recorded length";
  }
  return "";
}

Lexer::Flow Lexer::EndPiece(const char* p, size_t length, End end) {
  text_end_ = Offset(p);
  end_ = end;
  p_ = p + length;
  return Flow::kPiece;
}

Lexer::Flow Lexer::Fail(const char* p, std::string message, std::string_view hint) {
  error_ = std::move(message);
  hint_ = hint;
  p_ = p;
  error_at_ = Offset(p);
  return Flow::kError;
}

Lexer::Flow Lexer::QuotedMultiByte() {
  while (p_ != end_of_data_) {
    const auto left = static_cast<size_t>(end_of_data_ - p_);
    if (left < kLongestCharacter && !final_) return Flow::kMore;
    const size_t character = MultiByteLength(charset_, std::string_view(p_, left));
    if (character != 0) {
      p_ += character;
    } else if (*p_ == '\\' && quote_escapes_) {
      // The server skips one byte, even if it begins a character.
      if (left == 1) break;
      p_ += 2;
    } else if (*p_ != quote_) {
      ++p_;
    } else if (quote_doubles_ && At(p_, 1) == quote_) {
      p_ += 2;
    } else {
      ++p_;
      mode_ = Mode::kCode;
      return Flow::kGoOn;
    }
  }
  p_ = end_of_data_;
  return Flow::kMore;
}

Lexer::Flow Lexer::Quoted() {
  if (charset_ != Charset::kPlain) return QuotedMultiByte();
  const char* p = p_;
  const char* const end = end_of_data_;
  const char quote = quote_;
  const char escape = quote_escapes_ ? '\\' : quote;
  while (true) {
    p = FindEither(p, end, quote, escape);
    if (p == end) break;
    if (p + 1 == end && !final_) break;
    if (*p == quote) {
      if (!quote_doubles_ || At(p, 1) != quote) {
        mode_ = Mode::kCode;
        p_ = p + 1;
        return Flow::kGoOn;
      }
    } else if (p + 1 == end) {
      p = end;
      break;
    }
    p += 2;
  }
  p_ = p;
  return Flow::kMore;
}

Lexer::Flow Lexer::LineComment() {
  p_ = FindEither(p_, end_of_data_, '\n', line_comment_end_);
  if (p_ == end_of_data_) return Flow::kMore;
  mode_ = Mode::kCode;
  return Flow::kGoOn;
}

Lexer::Flow Lexer::BlockComment() {
  const char* p = p_;
  while (true) {
    p = FindEither(p, end_of_data_, '*', nested_comments_ ? '/' : '*');
    if (p == end_of_data_ || (p + 1 == end_of_data_ && !final_)) {
      p_ = p;
      return Flow::kMore;
    }
    const char next = At(p, 1);
    if (*p == '*' && next == '/') {
      p += 2;
      if (--depth_ != 0) continue;
      p_ = p;
      mode_ = Mode::kCode;
      return Flow::kGoOn;
    }
    if (*p == '/' && next == '*') {
      ++depth_;
      ++p;
    }
    ++p;
  }
}

Lexer::Flow Lexer::DollarQuoted() {
  const char* p = p_;
  while (true) {
    p = FindEither(p, end_of_data_, '$', '$');
    const auto left = static_cast<size_t>(end_of_data_ - p);
    if (left < tag_.size()) {
      p_ = final_ ? end_of_data_ : p;
      return Flow::kMore;
    }
    if (std::memcmp(p, tag_.data(), tag_.size()) == 0) {
      p_ = p + tag_.size();
      mode_ = Mode::kCode;
      return Flow::kGoOn;
    }
    ++p;
  }
}

Lexer::Flow Lexer::Word() {
  const char* p = p_;
  while (p != end_of_data_ && (*word_rest_)[static_cast<unsigned char>(*p)]) ++p;
  p_ = p;
  if (p == end_of_data_) return Flow::kMore;
  mode_ = Mode::kCode;
  return Flow::kGoOn;
}

}  // namespace siphon::sql
