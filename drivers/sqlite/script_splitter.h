// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_SCRIPT_SPLITTER_H_
#define DRIVERS_SQLITE_SCRIPT_SPLITTER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace siphon::sqlite {

// Splits a stream of SQL into statements by the rules of sqlite3_complete()
// (https://www.sqlite.org/c3ref/complete.html): a semicolon ends a statement unless it is part of a
// string, a name, a comment or the body of a CREATE TRIGGER. Buffers at most one statement.
class ScriptSplitter {
 public:
  // The longest statement that SQLite accepts (SQLITE_MAX_SQL_LENGTH), in bytes.
  static constexpr size_t kMaxStatement = 1'000'000'000;

  struct Piece {
    // From its first token to its semicolon; valid during the call.
    std::string_view text;
    uint64_t line = 1;  // Of its first token, from 1.
  };
  using Consumer = absl::FunctionRef<absl::Status(const Piece&)>;

  explicit ScriptSplitter(size_t max_statement = kMaxStatement) : max_statement_(max_statement) {}

  // Calls `consume` for every statement that `data` completes; stops at its first error.
  // errs::kIntegrity for a NUL byte and for a statement that is too long.
  absl::Status Feed(std::string_view data, Consumer consume);
  // errs::kIntegrity when the script ends inside a statement.
  absl::Status Finish() const;

 private:
  // The lexical element that the next character continues.
  enum class Lexical {
    kNone,
    kWord,
    kDash,          // After '-', which may begin a comment.
    kSlash,         // After '/', likewise.
    kLineComment,   // To the end of the line.
    kBlockComment,  // To "*/".
    kBlockStar,     // After '*' in it.
    kQuoted,        // To the same quote; a doubled quote ends it and begins another.
    kBracketed,     // To ']'.
  };
  // The position of the next token within a statement.
  enum class State { kStart, kNormal, kExplain, kCreate, kTrigger, kTriggerSemicolon, kTriggerEnd };
  enum class Token { kSemicolon, kOther, kExplain, kCreate, kTemp, kTrigger, kEnd };

  // Processes one character. True when it completes a statement.
  bool Take(char c);
  void EndWord();
  void Apply(Token token);
  void BeginToken();
  // The number of characters at the beginning of `data` that are inside the open quotes. Counts
  // their lines.
  size_t SkipQuoted(std::string_view data);
  absl::Status CheckLength() const;

  size_t max_statement_;
  Lexical lexical_ = Lexical::kNone;
  State state_ = State::kStart;
  char quote_ = '\0';
  std::string word_;     // Lower case; truncated when longer than every keyword.
  std::string pending_;  // The part of the statement from earlier calls.
  bool started_ = false;
  uint64_t line_ = 1;
  uint64_t statement_line_ = 1;
};

// `statement` terminated by a semicolon, on a new line if needed: a stored definition may end in a
// comment.
std::string TerminateStatement(std::string_view statement);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_SCRIPT_SPLITTER_H_
