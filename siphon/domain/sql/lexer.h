// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SQL_LEXER_H_
#define SIPHON_DOMAIN_SQL_LEXER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "siphon/domain/sql/byte_scan.h"
#include "siphon/domain/sql/charset.h"
#include "siphon/domain/sql/splitter.h"

namespace siphon::sql {

// Finds the end of a piece. The result does not depend on how the input is cut into blocks: long
// tokens (strings, comments, long words) are states of the lexer; a short token is read only when
// kLookahead bytes follow, otherwise again with the next block.
class Lexer {
 public:
  // Longer than every keyword, delimiter and tag of a dollar quote.
  static constexpr size_t kLookahead = 64;

  enum class Outcome {
    kMore,   // At most kLookahead bytes after position() are not scanned; more input is needed.
    kPiece,  // The piece ends at position().
    kError,  // See error(), error_at().
  };

  explicit Lexer(bool escapes) : escapes_(escapes) {}
  virtual ~Lexer() = default;
  Lexer(const Lexer&) = delete;
  Lexer& operator=(const Lexer&) = delete;

  // Continues at position() with the input `data`. `final`: this is the last input.
  Outcome Scan(std::string_view data, bool final);
  // Call this at the end of a piece.
  void NextPiece();

  // Offsets from the beginning of the piece. Without a statement, begin and end of the text are
  // the end of the piece.
  size_t position() const { return position_; }
  size_t text_begin() const { return started_ ? text_begin_ : position_; }
  size_t text_end() const { return text_end_; }
  End end() const { return end_; }

  size_t error_at() const { return error_at_; }
  const std::string& error() const { return error_; }
  std::string_view hint() const { return hint_; }

  // The token that is open at the end of the input ("string"), or "", and its offset.
  virtual std::string_view open() const;
  virtual size_t open_at() const { return open_at_; }

  // True if the server accepts a NUL.
  virtual bool allows_nul() const { return false; }
  void set_escapes(bool escapes) { escapes_ = escapes; }
  virtual void set_ansi_quotes(bool) {}
  virtual void set_charset(Charset charset) { charset_ = charset; }
  virtual void set_recorded_lengths(bool) {}

 protected:
  enum class Mode {
    kCode,
    kQuoted,        // Ends with quote_.
    kLineComment,   // Ends with the line.
    kBlockComment,  // Ends with "*/", nested depth_ times.
    kDollarQuoted,  // Ends with tag_.
    kWord,          // The rest of a long word.
    kDirective,     // A command of the client.
    kCounted,       // A statement whose length is recorded.
  };
  enum class Flow { kGoOn, kMore, kPiece, kError };

  // Scans code up to the next token of another mode.
  virtual Flow Code() = 0;
  virtual Flow Directive() { return Flow::kGoOn; }
  virtual Flow Counted() { return Flow::kGoOn; }
  virtual void ResetPiece() {}

  bool started() const { return started_; }
  size_t Offset(const char* p) const { return begin_position_ + static_cast<size_t>(p - begin_); }
  char At(const char* p, size_t i) const {
    return static_cast<size_t>(end_of_data_ - p) > i ? p[i] : '\0';
  }
  // Short tokens that begin before it can be read.
  const char* Limit() const {
    if (final_) return end_of_data_;
    return static_cast<size_t>(end_of_data_ - begin_) > kLookahead ? end_of_data_ - kLookahead
                                                                   : begin_;
  }
  void BeginToken(const char* p) {
    if (started_) return;
    started_ = true;
    text_begin_ = Offset(p);
  }
  // Ends the piece: the statement ends at `p`, and its delimiter has `length` bytes.
  Flow EndPiece(const char* p, size_t length, End end);
  Flow Fail(const char* p, std::string message, std::string_view hint);

  // Each opens a token at `p`; its opening mark has `length` bytes.
  void OpenQuoted(const char* p, size_t length, char quote, bool escapes, bool doubles = true) {
    mode_ = Mode::kQuoted;
    quote_ = quote;
    quote_escapes_ = escapes;
    quote_doubles_ = doubles;
    open_at_ = Offset(p);
    p_ = p + length;
  }
  void OpenLineComment(const char* p, size_t length) {
    mode_ = Mode::kLineComment;
    p_ = p + length;
  }
  void OpenBlockComment(const char* p, size_t length) {
    mode_ = Mode::kBlockComment;
    depth_ = 1;
    open_at_ = Offset(p);
    p_ = p + length;
  }
  // Opens a string that ends with tag_.
  void OpenDollarQuoted(const char* p) {
    mode_ = Mode::kDollarQuoted;
    open_at_ = Offset(p);
    p_ = p + tag_.size();
  }
  Flow Quoted();
  // As Quoted(), for a character set whose characters may contain the bytes of quotes' escapes.
  Flow QuotedMultiByte();
  Flow LineComment();
  Flow BlockComment();
  Flow DollarQuoted();
  Flow Word();

  bool escapes_;  // A backslash escapes in an ordinary string.
  Charset charset_ = Charset::kPlain;
  bool nested_comments_ = false;
  char line_comment_end_ = '\n';  // Ends a line comment, like '\n'.
  const char* p_ = nullptr;       // The next byte to scan.
  const char* end_of_data_ = nullptr;
  bool final_ = false;
  Mode mode_ = Mode::kCode;
  std::string tag_;                                   // "$tag$"
  const std::array<bool, 256>* word_rest_ = nullptr;  // The bytes that continue a word.

 private:
  const char* begin_ = nullptr;
  size_t begin_position_ = 0;
  size_t position_ = 0;
  bool first_piece_ = true;
  bool started_ = false;
  size_t text_begin_ = 0;
  size_t text_end_ = 0;
  End end_ = End::kEndOfInput;
  char quote_ = '\0';
  bool quote_escapes_ = false;
  bool quote_doubles_ = true;
  size_t depth_ = 0;
  size_t open_at_ = 0;
  std::string error_;
  std::string hint_;
  size_t error_at_ = 0;
};

std::unique_ptr<Lexer> NewPostgresLexer(bool escapes);
std::unique_ptr<Lexer> NewMysqlLexer(const SplitterOptions& options);
std::unique_ptr<Lexer> NewSqliteLexer();

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_LEXER_H_
