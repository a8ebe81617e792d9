// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SQL_LITERAL_HIDER_H_
#define SIPHON_DOMAIN_SQL_LITERAL_HIDER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "siphon/domain/sql/dialect.h"

// Parts of secrets.cc. Use secrets.h.
namespace siphon::sql {

inline bool IsMysql(Dialect dialect) {
  return dialect == Dialect::kMysql || dialect == Dialect::kMariadb;
}

bool IsDigit(char c);
bool IsWord(char c);
bool IsSpace(char c);

// The length of the dollar quote ("$tag$") at the beginning of `text`; 0 if there is none.
size_t DollarTag(std::string_view text);

// The position after the string whose opening quote is at `at`; npos if it does not end.
size_t EndOfQuoted(std::string_view text, size_t at, bool escapes);

// Makes the text of HideLiterals(), without HidePatterns().
class LiteralHider {
 public:
  LiteralHider(Dialect dialect, std::string_view text) : dialect_(dialect), text_(text) {}

  std::string Run();

  // The end of the text is code, not a part of a string, name or comment.
  bool complete() const { return !lost_; }
  // The position of the first secret without quotes; npos if there is none.
  size_t first_bare() const { return bares_.empty() ? std::string_view::npos : bares_[0].at; }

  // A secret without quotes, up to its end as far as that is known.
  struct Bare {
    size_t at = 0;
    bool assigned = false;  // By "=", in parentheses or after IDENTIFIED.
    std::string_view text;
  };
  const std::vector<Bare>& bares() const { return bares_; }
  // The contents of the strings, as far as their ends are known.
  const std::vector<std::string_view>& strings() const { return strings_; }

 private:
  // What the words before say about the next token.
  enum class Expect {
    kNothing,
    kMethod,     // BY, WITH or VIA: the word before is IDENTIFIED.
    kAssigned,   // A secret if "=" follows.
    kAfterName,  // The name of an account, then "=" and a secret: SET PASSWORD FOR.
    kSecret,     // A secret, unless a word follows that is a part of the statement.
    kValue,      // A secret.
  };
  struct State {
    Expect expect = Expect::kNothing;
    bool hiding = false;      // The token belongs to a secret.
    bool identified = false;  // After IDENTIFIED BY, WITH or VIA.
    bool set = false;         // After SET.
    bool made = false;        // The word before is CREATE or ALTER.
    bool account = false;     // After CREATE or ALTER, and USER or ROLE.
  };

  char Next(size_t i) const { return at_ + i < text_.size() ? text_[at_ + i] : '\0'; }
  bool expects_secret() const {
    return state_.expect == Expect::kSecret || state_.expect == Expect::kValue;
  }

  void Token();
  void Symbol(char c);
  void Emit(std::string_view shown);
  void BeginBare(size_t at);
  void EndBare(size_t end);
  void EndOfSecretString();
  void Mask();
  bool AtEdge() const;
  void Skip(size_t end);
  void GoTo(size_t end);
  void String();
  void Name();
  void Dollar();
  bool IsLineComment(char c) const;
  void BlockComment();
  void VersionedComment();
  void Word();
  std::string_view ReadWord();
  // True if the word is a part of the statement where a secret may stand.
  bool IsPlain(std::string_view lower) const;
  void Notice(std::string_view lower);

  const Dialect dialect_;
  const std::string_view text_;
  std::string out_;
  size_t at_ = 0;
  bool escape_string_ = false;  // The string that follows is E'...'.
  bool lost_ = false;           // The rest cannot be read.
  State state_;
  std::vector<Bare> bares_;
  std::vector<std::string_view> strings_;
};

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_LITERAL_HIDER_H_
