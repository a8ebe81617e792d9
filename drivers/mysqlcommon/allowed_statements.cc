// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/allowed_statements.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/allowed_words.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/statement_cursor.h"
#include "drivers/mysqlcommon/statement_grammar.h"

namespace siphon::mysqlcommon {
namespace {

using Action = Judgement::Action;
using Kind = Statement::Kind;
using Scope = Assignment::Scope;

// How a statement that begins with a word is read.
enum class Form { kCreate, kAlter, kDrop, kInsert, kSet, kSetval, kUse, kLock, kTransaction };
struct FirstWord {
  std::string_view word;
  Form form;
};
constexpr FirstWord kFirstWords[] = {{"INSERT", Form::kInsert},
                                     {"REPLACE", Form::kInsert},
                                     {"CREATE", Form::kCreate},
                                     {"ALTER", Form::kAlter},
                                     {"DROP", Form::kDrop},
                                     {"SET", Form::kSet},
                                     {"DO", Form::kSetval},
                                     {"SELECT", Form::kSetval},
                                     {"USE", Form::kUse},
                                     {"LOCK", Form::kLock},
                                     {"UNLOCK", Form::kLock},
                                     {"START", Form::kTransaction},
                                     {"BEGIN", Form::kTransaction},
                                     {"COMMIT", Form::kTransaction},
                                     {"ROLLBACK", Form::kTransaction}};

Judgement RefuseComment() {
  Judgement judgement;
  judgement.reason = "a comment after \"--\"";
  return judgement;
}

// A list of assignments: the session's variables run, those of the server and of its binary log are
// skipped if nothing else is set.
Judgement JudgeSet(std::string_view sql, const ScriptSettings& settings, const CommentRule& rule) {
  Judgement judgement;
  judgement.statement.kind = Kind::kSet;
  const std::optional<std::vector<Assignment>> assignments = ParseSet(sql, settings.syntax(), rule);
  if (!assignments.has_value()) {
    judgement.reason = "SET of other than variables to plain values";
    return judgement;
  }
  size_t skipped = 0, user = 0;
  for (const Assignment& assignment : *assignments) {
    if (assignment.scope == Scope::kUser) {
      // The reader follows known values, so a statement with one of them must run.
      if (!settings.ValueOf(assignment).has_value()) ++user;
    } else if (assignment.scope == Scope::kServer || IsIn(kSkippedVariables, assignment.name)) {
      ++skipped;
    } else if (!IsIn(kSessionVariables, assignment.name)) {
      judgement.reason = absl::StrCat("SET of the variable ", ToUtf8(assignment.name));
      return judgement;
    }
  }
  if (skipped > 0 && skipped + user == assignments->size()) {
    judgement.statement.kind = Kind::kSetGlobal;
    judgement.action = Action::kSkip;
  } else if (skipped > 0) {
    judgement.reason = "SET of variables of the session and of the server together";
  } else if (!settings.Knows(*assignments)) {
    judgement.reason = "SET of sql_mode or character_set_client to a value that is not in the dump";
  } else {
    judgement.action = Action::kRun;
  }
  return judgement;
}

}  // namespace

Judgement StatementJudge::Judge(std::string_view sql, const ScriptSettings& settings) {
  Judgement judgement;
  StatementCursor cursor(sql, settings.syntax(), rule_);
  const std::string word = absl::AsciiStrToUpper(cursor.token().text);
  const FirstWord* first = nullptr;
  for (const FirstWord& known : kFirstWords) {
    if (cursor.Is(known.word)) first = &known;
  }
  const bool is_word = cursor.token().kind == Token::Kind::kWord && !IsNumber(cursor.token());
  judgement.reason = is_word ? ToUtf8(word.substr(0, 40)) : Shown(cursor.token());
  if (cursor.AtEnd()) {
    // A comment that the server does not execute.
    judgement.action = cursor.versioned() == 0 ? Action::kSkip : Action::kRefuse;
    return judgement;
  }
  if (first == nullptr) return judgement;
  cursor.Advance();
  StatementGrammar grammar(cursor, used_, rule_.mariadb);
  Statement& statement = judgement.statement;
  bool allowed = false;
  switch (first->form) {
    case Form::kInsert:
      allowed = grammar.Insert(statement, judgement.rows);
      break;
    case Form::kCreate:
      allowed = grammar.Create(statement);
      break;
    case Form::kAlter:
      allowed = grammar.Alter(statement);
      break;
    case Form::kDrop:
      allowed = grammar.Drop(statement);
      break;
    case Form::kSetval:
      allowed = grammar.Setval(statement);
      break;
    case Form::kTransaction:
      statement.kind = Kind::kTransaction;
      allowed = grammar.Transaction(first->word == "START");
      break;
    case Form::kLock:
      statement.kind = Kind::kLock;
      judgement.action = Action::kSkip;
      return judgement;
    case Form::kUse:
      statement.kind = Kind::kUse;
      statement.name = cursor.token().Value();
      if (used_.empty()) used_ = statement.name;
      judgement.action = used_ == statement.name ? Action::kSkip : Action::kRefuse;
      judgement.reason = "a second database";
      return judgement;
    case Form::kSet: {
      const bool changed = cursor.changed();
      judgement = JudgeSet(sql, settings, rule_);
      if (judgement.action != Action::kRun) return judgement;
      while (!cursor.AtEnd()) cursor.Advance();
      if (cursor.makes_comment()) return RefuseComment();
      if (changed || cursor.changed()) judgement.sql = cursor.Text();
      return judgement;
    }
  }
  if (!allowed) {
    judgement.reason = grammar.reason().empty() ? word : absl::StrCat(word, ": ", grammar.reason());
    return judgement;
  }
  if (cursor.makes_comment()) return RefuseComment();
  // Without a database, DROP FUNCTION would drop a library's function of the same name; the
  // restored database has no routine yet.
  const bool skip = statement.kind == Kind::kDatabase || grammar.drops_function();
  judgement.action = skip ? Action::kSkip : Action::kRun;
  if (cursor.changed()) judgement.sql = cursor.Text();
  return judgement;
}

}  // namespace siphon::mysqlcommon
