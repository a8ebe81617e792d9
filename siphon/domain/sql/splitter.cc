// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/splitter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/sql/byte_scan.h"
#include "siphon/domain/sql/lexer.h"

namespace siphon::sql {
namespace {

constexpr std::string_view kOp = "sql.split";
// Enough input for the lexer to pass the end of the previous block.
constexpr size_t kBridge = 4 * Lexer::kLookahead;

std::unique_ptr<Lexer> NewLexer(const SplitterOptions& options) {
  switch (options.dialect) {
    case Dialect::kMysql:
    case Dialect::kMariadb:
      return NewMysqlLexer(options);
    case Dialect::kSqlite:
      return NewSqliteLexer();
    case Dialect::kPostgres:
      break;
  }
  return NewPostgresLexer(options.backslash_escapes.value_or(false));
}

std::string_view StripTrailingSpace(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n\f\v");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

Splitter::Splitter(SplitterOptions options)
    : options_(std::move(options)), lexer_(NewLexer(options_)) {}

Splitter::~Splitter() = default;

void Splitter::SetBackslashEscapes(bool escapes) { lexer_->set_escapes(escapes); }
void Splitter::SetAnsiQuotes(bool ansi_quotes) { lexer_->set_ansi_quotes(ansi_quotes); }
void Splitter::SetCharset(Charset charset) { lexer_->set_charset(charset); }
void Splitter::SetRecordedLengths(bool recorded_lengths) {
  lexer_->set_recorded_lengths(recorded_lengths);
}

absl::Status Splitter::CheckLength(size_t length) const {
  if (length <= options_.max_piece) return absl::OkStatus();
  return errs::UserError(kOp, errs::kInvalidArgument,
                         absl::StrCat("the statement that begins after line ", line_,
                                      " is longer than ", options_.max_piece, " bytes"),
                         "a delimiter or a closing quote may be missing");
}

absl::Status Splitter::LexerError(std::string_view block) const {
  const size_t at = lexer_->error_at();
  RETURN_IF_ERROR(CheckLength(at));
  const std::string_view head = std::string_view(pending_).substr(0, at);
  const uint64_t line =
      line_ + CountNewlines(head) + CountNewlines(block.substr(0, at - head.size()));
  return errs::UserError(kOp, errs::kInvalidArgument,
                         absl::StrCat("line ", line, ": ", lexer_->error()), lexer_->hint());
}

absl::Status Splitter::Emit(std::string_view raw, Consumer consume) {
  RETURN_IF_ERROR(CheckLength(raw.size()));
  const size_t begin = lexer_->text_begin();
  Piece piece;
  piece.raw = raw;
  piece.end = lexer_->end();
  const size_t end = piece.end == End::kEndOfInput ? raw.size() : lexer_->text_end();
  if (begin < end) piece.text = raw.substr(begin, end - begin);
  if (piece.end != End::kCounted) piece.text = StripTrailingSpace(piece.text);
  piece.line = line_ + CountNewlines(raw.substr(0, begin));
  piece.offset = offset_ + begin;
  if (!lexer_->allows_nul()) {
    const size_t nul = raw.find('\0');
    if (nul != std::string_view::npos) {
      return errs::UserError(
          kOp, errs::kInvalidArgument,
          absl::StrCat("line ", line_ + CountNewlines(raw.substr(0, nul)), " holds a NUL byte"),
          "is this file UTF-16, or not SQL?");
    }
  }
  line_ = piece.line + CountNewlines(raw.substr(begin));
  offset_ += raw.size();
  lexer_->NextPiece();
  return consume(piece);
}

absl::StatusOr<size_t> Splitter::FeedPending(std::string_view block, Consumer consume) {
  size_t before = pending_.size();  // The part that belongs to earlier blocks.
  if (before == lexer_->position()) return 0;
  pending_.append(block.substr(0, kBridge));
  while (true) {
    const Lexer::Outcome outcome =
        lexer_->Scan(std::string_view(pending_).substr(lexer_->position()), false);
    if (outcome == Lexer::Outcome::kError) return LexerError("");
    const size_t position = lexer_->position();
    if (outcome == Lexer::Outcome::kMore) {
      RETURN_IF_ERROR(CheckLength(position));
      if (position < before) return block.size();  // A short block; pending_ has all of it.
      pending_.resize(position);
      return position - before;
    }
    RETURN_IF_ERROR(Emit(std::string_view(pending_).substr(0, position), consume));
    if (position >= before) {
      pending_.clear();
      return position - before;
    }
    pending_.erase(0, position);
    before -= position;
  }
}

absl::Status Splitter::Feed(std::string_view block, Consumer consume) {
  ASSIGN_OR_RETURN(const size_t taken, FeedPending(block, consume));
  block.remove_prefix(taken);
  while (!block.empty()) {
    const Lexer::Outcome outcome =
        lexer_->Scan(block.substr(lexer_->position() - pending_.size()), false);
    if (outcome == Lexer::Outcome::kError) return LexerError(block);
    if (outcome == Lexer::Outcome::kMore) {
      RETURN_IF_ERROR(CheckLength(lexer_->position()));
      pending_.append(block);
      return absl::OkStatus();
    }
    const size_t length = lexer_->position() - pending_.size();
    if (pending_.empty()) {
      RETURN_IF_ERROR(Emit(block.substr(0, length), consume));
    } else {
      pending_.append(block.substr(0, length));
      RETURN_IF_ERROR(Emit(pending_, consume));
      pending_.clear();
    }
    block.remove_prefix(length);
  }
  return absl::OkStatus();
}

absl::Status Splitter::Finish(Consumer consume) {
  std::string_view left = pending_;
  while (!left.empty()) {
    const Lexer::Outcome outcome = lexer_->Scan(left.substr(lexer_->position()), true);
    if (outcome == Lexer::Outcome::kError) {
      pending_.erase(0, pending_.size() - left.size());
      return LexerError("");
    }
    const size_t length = lexer_->position();
    if (outcome == Lexer::Outcome::kMore && !lexer_->open().empty()) {
      RETURN_IF_ERROR(CheckLength(length));
      const uint64_t line = line_ + CountNewlines(left.substr(0, lexer_->open_at()));
      return errs::UserError(
          kOp, errs::kInvalidArgument,
          absl::StrCat("the ", lexer_->open(), " that begins in line ", line, " is never closed"));
    }
    RETURN_IF_ERROR(Emit(left.substr(0, length), consume));
    left.remove_prefix(length);
  }
  pending_.clear();
  return absl::OkStatus();
}

}  // namespace siphon::sql
