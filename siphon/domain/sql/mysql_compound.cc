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
  return BeginsBlock(word) || IsAnyOf(word, {"create", "alter", "declare"});
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
        Begin(word);
        break;
      case Phase::kCreate:
        Create(word);
        break;
      case Phase::kHead:
        Head(word);
        break;
      case Phase::kAs:
        As(word);
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
  // "AS 'text'" is a whole body.
  if (phase_ == Phase::kAs) phase_ = Phase::kPlain;
  label_ = statement_begins_;
  statement_begins_ = false;
  previous_ = "?";
}

void CompoundTracker::Sign(char sign, char next) {
  // A label is "name:", or "<<name>>" in Oracle's mode.
  const bool before_label = sign == '<' && (statement_begins_ || oracle_label_);
  const bool after_label = oracle_label_ && sign == '>' && previous_ == ">";
  oracle_label_ = before_label || (oracle_label_ && sign == '>' && !after_label);
  statement_begins_ = after_label || (sign == ':' && next != '=' && label_);
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
  // A routine of a package that is only announced.
  if (phase_ == Phase::kHead) phase_ = Phase::kBody;
  statement_begins_ = true;
  oracle_label_ = false;
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
  } else if (BeginsBlock(word) || word == "declare") {
    phase_ = Phase::kBody;
    BeginStatement(word);
  } else {
    phase_ = Phase::kPlain;
  }
}

void CompoundTracker::Begin(std::string_view word) {
  if (word == "not") return;
  if (word == "work" || (previous_ == "not" && word != "atomic")) {
    phase_ = Phase::kPlain;
    return;
  }
  phase_ = Phase::kBody;
  Open(Block::kBegin, /*statement_begins=*/true);
  if (word != "atomic") Body(word);
}

// [OR REPLACE] [DEFINER = user] [AGGREGATE] PROCEDURE | FUNCTION | PACKAGE | TRIGGER | EVENT
void CompoundTracker::Create(std::string_view word) {
  if (previous_ == "=" || IsAnyOf(word, {"or", "replace", "definer", "aggregate"})) return;
  phase_ = Phase::kHead;
  ready_ = false;
  if (word == "procedure" || word == "function") {
    BeginRoutine(word);
  } else if (word == "package") {
    program_ = Program::kPackage;
  } else if (word == "trigger") {
    program_ = Program::kTrigger;
  } else if (word == "event") {
    program_ = Program::kEvent;
  } else {
    phase_ = Phase::kPlain;
  }
}

void CompoundTracker::BeginRoutine(std::string_view word) {
  phase_ = Phase::kHead;
  program_ = Program::kRoutine;
  ready_ = false;
  typed_ = word != "function";
}

// PACKAGE [BODY] name [COMMENT text | SQL SECURITY word] [AS | IS] declarations
void CompoundTracker::PackageHead(std::string_view word) {
  const bool routine = word == "procedure" || word == "function";
  if (!routine && !IsAnyOf(word, {"as", "is", "declare"})) return;
  phase_ = Phase::kBody;
  Open(Block::kDeclarations, /*statement_begins=*/true);
  if (routine) Body(word);
}

// [IS | AS] [declarations] BEGIN
void CompoundTracker::As(std::string_view word) {
  // "$$": the text of a program in another language.
  if (word[0] == '$') {
    phase_ = Phase::kPlain;
    return;
  }
  phase_ = Phase::kBody;
  Open(Block::kDeclarations, /*statement_begins=*/true);
  Body(word);
}

void CompoundTracker::Head(std::string_view word) {
  if (parentheses_ > 0) return;
  if (program_ == Program::kPackage) return PackageHead(word);
  if (program_ == Program::kEvent) {
    if (word != "do") return;
    phase_ = Phase::kBody;
    statement_begins_ = true;
    return;
  }
  if (word == "row" && previous_ == "each") ready_ = true;
  if (program_ == Program::kRoutine && (word == "as" || word == "is")) {
    phase_ = Phase::kAs;
    return;
  }
  if (!typed_ && (word == "returns" || word == "return")) {
    typed_ = true;
    type_follows_ = true;
    return;
  }
  // SET ('a') as a type, CHARACTER SET utf8mb4, FOLLOWS another trigger.
  const bool type = std::exchange(type_follows_, false);
  if (type || !ready_ || IsAnyOf(previous_, {"character", "follows", "precedes"})) return;
  if (!BeginsBlock(word) && !BeginsSimpleStatement(word) && word != "declare") return;
  phase_ = Phase::kBody;
  BeginStatement(word);
}

void CompoundTracker::Body(std::string_view word) {
  if (statement_begins_) {
    statement_begins_ = false;
    if (IsInside(Block::kDeclarations) && word != "end") return BeginDeclaration(word);
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
    // Also of an exception handler in Oracle's mode.
    statement_begins_ = IsInside(Block::kIf) || IsInside(Block::kCase) || IsInside(Block::kBegin);
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

// A declaration, or the BEGIN after the declarations.
void CompoundTracker::BeginDeclaration(std::string_view word) {
  if (word == "procedure" || word == "function") {
    BeginRoutine(word);
  } else if (word == "begin") {
    open_.pop_back();
    Open(Block::kBegin, /*statement_begins=*/true);
  }
}

void CompoundTracker::BeginStatement(std::string_view word) {
  if (word == "end") {
    if (!open_.empty()) open_.pop_back();
  } else if (word == "begin") {
    Open(Block::kBegin, /*statement_begins=*/true);
  } else if (word == "declare" && open_.empty()) {
    Open(Block::kDeclarations, /*statement_begins=*/true);
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
