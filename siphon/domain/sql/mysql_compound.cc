// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/mysql_compound.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/ascii.h"

namespace siphon::sql {
namespace {

bool IsAnyOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The words that begin a compound statement. FOR is MariaDB's.
bool BeginsBlock(std::string_view word) {
  return IsAnyOf(word, {"begin", "if", "case", "loop", "while", "repeat", "for"});
}

// The first words of the other statements that a body may consist of.
bool BeginsSimpleStatement(std::string_view word) {
  return IsAnyOf(word,
                 {"alter",     "analyze", "call",    "check",    "commit", "create",    "delete",
                  "do",        "drop",    "execute", "explain",  "flush",  "get",       "grant",
                  "handler",   "insert",  "install", "kill",     "load",   "lock",      "optimize",
                  "prepare",   "rename",  "replace", "resignal", "return", "revoke",    "rollback",
                  "savepoint", "select",  "set",     "show",     "signal", "start",     "truncate",
                  "uninstall", "unlock",  "update",  "values",   "with",   "deallocate"});
}

// True if an operand must follow the token, so that END after it is a name.
bool ExpectsOperand(std::string_view token) {
  if (token.size() == 1 && absl::ascii_ispunct(static_cast<unsigned char>(token[0]))) {
    return token != ")" && token != "?" && token != "_" && token != "$";
  }
  return IsAnyOf(token,
                 {"when",   "then",  "else",     "case",     "and",   "or",     "xor",    "not",
                  "in",     "is",    "like",     "rlike",    "div",   "mod",    "regexp", "between",
                  "select", "as",    "distinct", "by",       "where", "having", "on",     "from",
                  "join",   "limit", "until",    "interval", "binary"});
}

}  // namespace

bool CompoundTracker::MayBegin(std::string_view word) {
  return BeginsBlock(word) || word == "create" || word == "alter";
}

void CompoundTracker::Word(std::string_view word) {
  const bool operand = absl::ascii_isdigit(static_cast<unsigned char>(word[0])) ||
                       previous_ == "." || previous_ == "@";
  if (!operand) {
    switch (phase_) {
      case Phase::kStart:
        Start(word);
        break;
      case Phase::kBegin:
        if (word == "not") break;
        phase_ = word == "atomic" ? Phase::kBody : Phase::kPlain;
        if (word == "atomic") Open(Block::kBegin, /*statement_begins=*/true);
        break;
      case Phase::kCreate:
        Create(word);
        break;
      case Phase::kHead:
        Head(word);
        break;
      case Phase::kBody:
        Body(word);
        break;
      case Phase::kPlain:
        break;
    }
  }
  previous_ = word;
}

void CompoundTracker::Quoted() {
  label_ = statement_begins_;
  statement_begins_ = false;
  previous_ = "?";
}

void CompoundTracker::Sign(char sign, char next) {
  statement_begins_ = sign == ':' && next != '=' && label_;
  label_ = false;
  if (sign == '(') ++parentheses_;
  if (sign == ')' && parentheses_ > 0 && --parentheses_ == 0 && program_ == Program::kRoutine) {
    ready_ = true;
  }
  previous_.assign(1, sign);
}

bool CompoundTracker::Semicolon() {
  while (IsInside(Block::kCaseExpression)) open_.pop_back();
  if (open_.empty()) return true;
  statement_begins_ = true;
  label_ = false;
  handler_ = false;
  parentheses_ = 0;
  previous_ = ";";
  return false;
}

void CompoundTracker::Start(std::string_view word) {
  if (word == "create" || word == "alter") {
    phase_ = Phase::kCreate;
  } else if (word == "begin") {
    phase_ = Phase::kBegin;
  } else if (BeginsBlock(word)) {
    phase_ = Phase::kBody;
    BeginStatement(word);
  } else {
    phase_ = Phase::kPlain;
  }
}

// [OR REPLACE] [DEFINER = user] [AGGREGATE] PROCEDURE | FUNCTION | TRIGGER | EVENT
void CompoundTracker::Create(std::string_view word) {
  if (previous_ == "=" || IsAnyOf(word, {"or", "replace", "definer", "aggregate"})) return;
  phase_ = Phase::kHead;
  ready_ = false;
  if (word == "procedure" || word == "function") {
    program_ = Program::kRoutine;
  } else if (word == "trigger") {
    program_ = Program::kTrigger;
  } else if (word == "event") {
    program_ = Program::kEvent;
  } else {
    phase_ = Phase::kPlain;
  }
}

void CompoundTracker::Head(std::string_view word) {
  if (parentheses_ > 0) return;
  if (program_ == Program::kEvent) {
    if (word != "do") return;
    phase_ = Phase::kBody;
    statement_begins_ = true;
    return;
  }
  if (word == "row" && previous_ == "each") ready_ = true;
  // RETURNS SET ('a'), CHARACTER SET utf8mb4, FOLLOWS another trigger.
  if (!ready_ || IsAnyOf(previous_, {"returns", "character", "follows", "precedes"})) return;
  if (!BeginsBlock(word) && !BeginsSimpleStatement(word)) return;
  phase_ = Phase::kBody;
  BeginStatement(word);
}

void CompoundTracker::Body(std::string_view word) {
  if (statement_begins_) {
    statement_begins_ = false;
    BeginStatement(word);
    return;
  }
  label_ = false;
  if (handler_) {
    if (!BeginsBlock(word) && !BeginsSimpleStatement(word)) return;
    handler_ = false;
    BeginStatement(word);
  } else if (word == "for" && previous_ == "handler") {
    handler_ = true;
  } else if (word == "case" && previous_ != "end") {
    Open(Block::kCaseExpression, /*statement_begins=*/false);
  } else if (word == "then" || word == "else") {
    statement_begins_ = IsInside(Block::kIf) || IsInside(Block::kCase);
  } else if (word == "do" || word == "loop") {
    // In Oracle's mode, LOOP follows the condition.
    if (open_.empty() || !(IsInside(Block::kWhile) || IsInside(Block::kFor))) return;
    statement_begins_ = std::exchange(open_.back().condition, false);
  } else if (word == "atomic" && previous_ == "not") {
    statement_begins_ = IsInside(Block::kBegin);
  } else if (word == "end" && EndsExpression()) {
    open_.pop_back();
  }
}

void CompoundTracker::BeginStatement(std::string_view word) {
  if (word == "end") {
    if (!open_.empty()) open_.pop_back();
  } else if (word == "begin") {
    Open(Block::kBegin, /*statement_begins=*/true);
  } else if (word == "loop") {
    Open(Block::kLoop, /*statement_begins=*/true);
  } else if (word == "repeat") {
    Open(Block::kRepeat, /*statement_begins=*/true);
  } else if (word == "if") {
    Open(Block::kIf, /*statement_begins=*/false);
  } else if (word == "case") {
    Open(Block::kCase, /*statement_begins=*/false);
  } else if (word == "while") {
    Open(Block::kWhile, /*statement_begins=*/false, /*condition=*/true);
  } else if (word == "for") {
    Open(Block::kFor, /*statement_begins=*/false, /*condition=*/true);
  } else if (word == "else") {
    statement_begins_ = true;
  } else if (word == "until" && IsInside(Block::kRepeat)) {
    open_.back().condition = true;
  } else {
    label_ = true;
  }
}

void CompoundTracker::Open(Block block, bool statement_begins, bool condition) {
  open_.push_back({block, parentheses_, condition});
  statement_begins_ = statement_begins;
}

bool CompoundTracker::EndsExpression() const {
  if (open_.empty() || open_.back().parentheses != parentheses_) return false;
  const bool ends =
      IsInside(Block::kCaseExpression) || (IsInside(Block::kRepeat) && open_.back().condition);
  return ends && !ExpectsOperand(previous_);
}

}  // namespace siphon::sql
