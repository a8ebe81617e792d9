// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tokens of MySQL and MariaDB, as their client reads them (add_line() in client/mysql.cc).

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "siphon/domain/sql/lexer.h"
#include "siphon/domain/sql/mysql_compound.h"

namespace siphon::sql {
namespace {

constexpr size_t kLongestDelimiter = 32;
constexpr size_t kLongestDirective = 1024;

// The bytes that begin a token for Token(), inside a statement.
constexpr std::string_view kTokens = "'\"`#-/*\\";

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

constexpr std::array<bool, 256> Words() {
  std::array<bool, 256> set{};
  for (int c = 0; c < 256; ++c) {
    set[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '$' || c >= 0x80;
  }
  return set;
}
constexpr std::array<bool, 256> kWords = Words();
bool IsWord(char c) { return kWords[static_cast<unsigned char>(c)]; }

class MysqlLexer : public Lexer {
 public:
  MysqlLexer(const SplitterOptions& options, std::string delimiter)
      : Lexer(options.backslash_escapes.value_or(true)),
        ansi_quotes_(options.ansi_quotes),
        recorded_lengths_(options.recorded_lengths),
        compound_bodies_(options.compound_bodies) {
    charset_ = options.charset;
    SetDelimiter(std::move(delimiter));
  }

  void set_ansi_quotes(bool ansi_quotes) override { ansi_quotes_ = ansi_quotes; }
  void set_charset(Charset charset) override {
    Lexer::set_charset(charset);
    SetStops();
  }
  void set_recorded_lengths(bool recorded_lengths) override {
    recorded_lengths_ = recorded_lengths;
  }

  bool allows_nul() const override { return true; }
  std::string_view open() const override {
    const std::string_view open = Lexer::open();
    return open.empty() && versioned_ > 0 ? "comment" : open;
  }
  size_t open_at() const override {
    return Lexer::open().empty() && versioned_ > 0 ? versioned_at_ : Lexer::open_at();
  }

 private:
  Flow Code() override {
    const char* const limit = Limit();
    while (p_ < limit) {
      const char* p = p_;
      if (started() && !tracks_) {
        while (!stops_[static_cast<unsigned char>(*p)] && ++p < limit) {
        }
        if (p == limit) {
          p_ = p;
          break;
        }
      }
      Flow flow = Token(p);
      if (flow != Flow::kGoOn) return flow;
      // Strings are the most frequent token of a dump, so they are read without a return.
      if (mode_ == Mode::kQuoted) flow = Quoted();
      if (flow != Flow::kGoOn || mode_ != Mode::kCode) return flow;
    }
    return Flow::kMore;
  }

  void ResetPiece() override {
    versioned_ = 0;
    directive_.clear();
    charset_command_ = false;
    tracks_ = false;
    tracker_ = CompoundTracker();
  }

  bool AtDelimiter(const char* p) const {
    return std::string_view(p, static_cast<size_t>(end_of_data_ - p)).starts_with(delimiter_);
  }

  Flow Token(const char* p) {
    if (tracks_ && *p == ';' && (!tracker_.Semicolon() || versioned_ > 0)) {
      p_ = p + 1;
      return Flow::kGoOn;
    }
    if (*p == delimiter_[0] && versioned_ == 0 && AtDelimiter(p)) {
      return EndPiece(p, delimiter_.size(), End::kDelimiter);
    }
    if (const size_t character = Character(p); character != 0) {
      BeginToken(p);
      if (tracks_) tracker_.Quoted();
      p_ = p + character;
      return Flow::kGoOn;
    }
    p_ = p + 1;
    switch (*p) {
      case '\'':
      case '"':
        BeginToken(p);
        if (tracks_) tracker_.Quoted();
        OpenQuoted(p, 1, *p, escapes_ && !(*p == '"' && ansi_quotes_));
        return Flow::kGoOn;
      case '`':
        BeginToken(p);
        if (tracks_) tracker_.Quoted();
        OpenQuoted(p, 1, '`', false);
        return Flow::kGoOn;
      case '#':
        OpenLineComment(p, 1);
        return Flow::kGoOn;
      case '-':
        if (recorded_lengths_ && !started() && RecordedLength(p)) return Flow::kGoOn;
        if (At(p, 1) == '-' && (IsSpace(At(p, 2)) || absl::ascii_iscntrl(At(p, 2)))) {
          OpenLineComment(p, 2);
          return Flow::kGoOn;
        }
        break;
      case '/':
        if (At(p, 1) == '*') return Comment(p);
        break;
      case '*':
        if (versioned_ > 0 && At(p, 1) == '/') {
          --versioned_;
          p_ = p + 2;
          return Flow::kGoOn;
        }
        break;
      case '\\':
        return Backslash(p);
      default:
        if (!started()) return FirstToken(p);
        if (tracks_ && IsWord(*p)) return TrackedWord(p);
        if (IsSpace(*p)) return Flow::kGoOn;
        break;
    }
    BeginToken(p);
    if (tracks_) tracker_.Sign(*p, At(p, 1));
    return Flow::kGoOn;
  }

  Flow TrackedWord(const char* p) {
    size_t length = 1;
    while (length < kLookahead && IsWord(At(p, length))) ++length;
    tracker_.Word(absl::AsciiStrToLower(std::string_view(p, length)));
    p_ = p + length;
    if (length == kLookahead) {
      word_rest_ = &kWords;
      mode_ = Mode::kWord;
    }
    return Flow::kGoOn;
  }

  // The length of a character of several bytes at `p`; 0 for one byte.
  size_t Character(const char* p) const {
    return MultiByteLength(charset_, std::string_view(p, static_cast<size_t>(end_of_data_ - p)));
  }

  // Reads the comment that records a length, and stops before the DELIMITER command after it. False
  // for other comments.
  bool RecordedLength(const char* p) {
    constexpr std::string_view kCommand = "DELIMITER ";
    // A length of so many digits fits into 64 bits; and comment and command into kLookahead.
    constexpr size_t kDigits = 12;
    static_assert(kRecordedLength.size() + kDigits + kRecordedLengthEnd.size() + kCommand.size() <
                  kLookahead);
    std::string_view text(p, static_cast<size_t>(end_of_data_ - p));
    if (!absl::ConsumePrefix(&text, kRecordedLength)) return false;
    size_t length = 0, digits = 0;
    for (; !text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text[0])); ++digits) {
      if (digits == kDigits) return false;
      length = length * 10 + static_cast<size_t>(text[0] - '0');
      text.remove_prefix(1);
    }
    if (digits == 0 || !absl::ConsumePrefix(&text, kRecordedLengthEnd) ||
        !text.starts_with(kCommand)) {
      return false;
    }
    p_ = text.data();
    counted_ = length;
    return true;
  }

  // Reads a statement of the recorded length, which begins at the beginning of the piece.
  Flow Counted() override {
    const size_t read = Offset(p_);
    BeginToken(p_);
    const auto available = static_cast<size_t>(end_of_data_ - p_);
    const size_t rest = *counted_ - read;
    if (rest > available) {
      p_ = end_of_data_;
      return Flow::kMore;
    }
    const char* const end = p_ + rest;
    const std::string expected = absl::StrCat("\n", delimiter_, "\n");
    const std::string_view after(end, available - rest);
    if (after.size() < expected.size() && !final_) {
      p_ = end;
      return Flow::kMore;
    }
    if (!after.starts_with(expected)) {
      return Fail(end, "the statement does not have its recorded length",
                  "the dump was changed after it was written");
    }
    counted_.reset();
    mode_ = Mode::kCode;
    return EndPiece(end, expected.size(), End::kCounted);
  }

  Flow FirstToken(const char* p) {
    if (IsSpace(*p)) return Flow::kGoOn;
    size_t length = 0;
    while (length < 16 && IsWord(At(p, length)) && !AtDelimiter(p + length)) ++length;
    const std::string word = absl::AsciiStrToLower(std::string_view(p, length));
    const bool argument = IsSpace(At(p, length)) || p + length == end_of_data_;
    if (argument && word == "delimiter") {
      mode_ = Mode::kDirective;
      p_ = p + length;
      return Flow::kGoOn;
    }
    if (argument && (word == "source" || word == "system")) return ClientCommand(p, word);
    BeginToken(p);
    tracks_ = compound_bodies_ && delimiter_ == ";" && CompoundTracker::MayBegin(word);
    if (tracks_) p_ = p;  // The tracker reads it, too.
    return Flow::kGoOn;
  }

  Flow Comment(const char* p) {
    const size_t mark = At(p, 2) == 'M' && At(p, 3) == '!' ? 4 : At(p, 2) == '!' ? 3 : 0;
    constexpr std::string_view kSandbox = "999999\\-";
    bool sandbox = mark != 0;
    for (size_t i = 0; i < kSandbox.size() && sandbox; ++i) {
      sandbox = At(p, mark + i) == kSandbox[i];
    }
    if (mark == 0 || sandbox) {
      OpenBlockComment(p, 2);
      return Flow::kGoOn;
    }
    if (!started()) tracks_ = compound_bodies_ && delimiter_ == ";";
    BeginToken(p);
    if (versioned_++ == 0) versioned_at_ = Offset(p);
    p_ = p + mark;
    return Flow::kGoOn;
  }

  Flow Backslash(const char* p) {
    const char command = At(p, 1);
    if ((command == 'g' || command == 'G') && versioned_ == 0) return EndPiece(p, 2, End::kGo);
    if (command == 'C' && recorded_lengths_ && !started()) {
      charset_command_ = true;
      mode_ = Mode::kDirective;
      p_ = p + 2;
      return Flow::kGoOn;
    }
    if (command == 'N') {  // NULL
      BeginToken(p);
      p_ = p + 2;
      return Flow::kGoOn;
    }
    const bool visible = absl::ascii_isgraph(static_cast<unsigned char>(command));
    return ClientCommand(p, std::string_view(p, visible ? 2 : 1));
  }

  Flow ClientCommand(const char* p, std::string_view name) {
    return Fail(p, absl::StrCat("client command ", name, ": siphon sends SQL to the server"),
                "remove the command, or run this file with the mysql client");
  }

  // Reads the rest of a DELIMITER or charset command.
  Flow Directive() override {
    const char* const end = FindEither(p_, end_of_data_, '\n', '\n');
    directive_.append(p_, end);
    if (directive_.size() > kLongestDirective)
      return Fail(p_, "DELIMITER: the line is too long", "");
    if (end == end_of_data_ && !final_) {
      p_ = end;
      return Flow::kMore;
    }
    const size_t line_end = end == end_of_data_ ? 0 : 1;
    mode_ = Mode::kCode;
    if (charset_command_) return EndPiece(end, line_end, End::kDirective);
    std::string_view argument = absl::StripAsciiWhitespace(directive_);
    if (!argument.empty() && (argument[0] == '\'' || argument[0] == '"' || argument[0] == '`')) {
      const size_t close = argument.find(argument[0], 1);
      argument = close == std::string_view::npos ? "" : argument.substr(1, close - 1);
    } else {
      argument = argument.substr(0, argument.find_first_of(" \t\r\v\f"));
    }
    if (argument.empty() || argument.size() > kLongestDelimiter ||
        argument.find('\\') != std::string_view::npos) {
      return Fail(end, "DELIMITER must be followed by 1 to 32 characters without a backslash", "");
    }
    SetDelimiter(std::string(argument));
    if (counted_.has_value()) mode_ = Mode::kCounted;
    return EndPiece(end, line_end, End::kDirective);
  }

  void SetDelimiter(std::string delimiter) {
    delimiter_ = std::move(delimiter);
    SetStops();
  }

  void SetStops() {
    stops_.fill(false);
    for (const char c : kTokens) stops_[static_cast<unsigned char>(c)] = true;
    stops_[static_cast<unsigned char>(delimiter_[0])] = true;
    if (charset_ == Charset::kPlain) return;
    std::fill(stops_.begin() + 0x80, stops_.end(), true);
  }

  bool ansi_quotes_;
  bool recorded_lengths_;
  bool compound_bodies_;
  bool tracks_ = false;  // The tracker follows the statement.
  CompoundTracker tracker_;
  bool charset_command_ = false;   // The open directive is not a DELIMITER command.
  std::optional<size_t> counted_;  // The recorded length of the next statement.
  std::string delimiter_;
  std::array<bool, 256> stops_;
  size_t versioned_ = 0;  // The number of open "/*!" comments.
  size_t versioned_at_ = 0;
  std::string directive_;
};

}  // namespace

std::unique_ptr<Lexer> NewMysqlLexer(const SplitterOptions& options) {
  std::string delimiter = options.delimiter;
  if (delimiter.empty() || delimiter.size() > kLongestDelimiter) delimiter = ";";
  return std::make_unique<MysqlLexer>(options, std::move(delimiter));
}

}  // namespace siphon::sql
