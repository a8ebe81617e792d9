// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/statement_grammar.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/allowed_words.h"
#include "drivers/mysqlcommon/names.h"

namespace siphon::mysqlcommon {
namespace {

using Kind = Statement::Kind;

constexpr char kNoDefiner[] = "DEFINER without an account";

std::string Upper(const Token& token) { return absl::AsciiStrToUpper(token.text); }

// Whether a word goes on after a variable or into one ("SELECT@x"). For the server, a word ends
// before '@'.
bool HasVariableInside(std::string_view word) {
  const size_t name = word.find_first_not_of('@');
  if (name == std::string_view::npos) return word.size() > 1;
  return name > 2 || word.find('@', name) != std::string_view::npos;
}

}  // namespace

bool StatementGrammar::Refuse(std::string reason) {
  if (reason_.empty()) reason_ = std::move(reason);
  return false;
}

bool StatementGrammar::AtEnd() {
  if (cursor_.AtEnd() && cursor_.versioned() == 0) return true;
  return Refuse(absl::StrCat("unexpected ", Shown(cursor_.token())));
}

bool StatementGrammar::IsName() {
  const Token& token = cursor_.token();
  if (token.IsIdentifier() && !cursor_.IsDoubtful() &&
      (token.kind != Token::Kind::kWord ||
       (!absl::StrContains(token.text, '@') && !IsIn(kNoNames, Upper(token))))) {
    return true;
  }
  return Refuse("a name is missing");
}

bool StatementGrammar::Name(std::string& name) {
  if (!IsName()) return false;
  name = cursor_.token().Value();
  cursor_.Advance();
  if (!cursor_.IsSymbol('.')) return true;
  if (!Qualifier() || !IsName()) return false;
  name = cursor_.token().Value();
  cursor_.Advance();
  return !cursor_.IsSymbol('.') || Refuse("a name of three parts");
}

// At the dot after a qualifier.
bool StatementGrammar::Qualifier() {
  const std::string database = cursor_.last().Value();
  if (database_.empty() || database != database_) {
    return Refuse(absl::StrCat("it names a database, \"", ToUtf8(database), "\""));
  }
  cursor_.DropQualifier();
  return true;
}

bool StatementGrammar::SkipIfExists() {
  if (cursor_.Take("IF")) {
    cursor_.Take("NOT");
    if (!cursor_.Take("EXISTS")) return Refuse("unexpected IF");
  }
  return true;
}

// "START TRANSACTION [options]", "BEGIN [WORK]", "COMMIT [WORK]", "ROLLBACK [WORK]". ("BEGIN NOT
// ATOMIC" is a block of any statements.)
bool StatementGrammar::Transaction(bool start) {
  if (!start) {
    cursor_.Take("WORK");
    return AtEnd();
  }
  if (!cursor_.Take("TRANSACTION")) return Refuse("START without TRANSACTION");
  while (cursor_.IsAnyOf({"WITH", "CONSISTENT", "SNAPSHOT", "READ", "ONLY", "WRITE"})) {
    cursor_.Advance();
  }
  return AtEnd();
}

bool StatementGrammar::Account() {
  if (!cursor_.TakeSymbol('=')) return Refuse("unexpected DEFINER");
  const bool function = cursor_.IsAnyOf({"CURRENT_USER", "CURRENT_ROLE"});
  if (!cursor_.token().IsIdentifier() || cursor_.IsDoubtful()) return Refuse(kNoDefiner);
  bool host =
      absl::EndsWith(cursor_.token().text, "@") && cursor_.token().kind == Token::Kind::kWord;
  const bool quoted = cursor_.token().kind != Token::Kind::kWord;
  cursor_.Advance();
  if (function && cursor_.TakeSymbol('(')) return cursor_.TakeSymbol(')') || Refuse(kNoDefiner);
  // '@' is part of a word that is not quoted.
  if (quoted && cursor_.token().kind == Token::Kind::kWord &&
      absl::StartsWith(cursor_.token().text, "@")) {
    host = cursor_.token().text == "@";
    if (cursor_.IsDoubtful()) return Refuse(kNoDefiner);
    cursor_.Advance();
  }
  if (!host) return true;
  if (!cursor_.token().IsIdentifier() || cursor_.IsDoubtful()) return Refuse(kNoDefiner);
  cursor_.Advance();
  return true;
}

bool StatementGrammar::Create(Statement& statement) {
  while (true) {
    const std::string word = Upper(cursor_.token());
    if (cursor_.token().kind != Token::Kind::kWord) return Refuse("CREATE");
    if (cursor_.IsAnyOf({"DATABASE", "SCHEMA"})) {
      statement.kind = Kind::kDatabase;
      return true;
    }
    cursor_.Advance();
    if (word == "OR") {
      if (!cursor_.Take("REPLACE")) return Refuse("CREATE OR");
    } else if (word == "DEFINER") {
      if (!Account()) return false;
    } else if (word == "ALGORITHM") {
      if (!cursor_.TakeSymbol('=') || !cursor_.IsAnyOf({"UNDEFINED", "MERGE", "TEMPTABLE"})) {
        return Refuse("CREATE ALGORITHM");
      }
      cursor_.Advance();
    } else if (word == "SQL") {
      if (!cursor_.Take("SECURITY")) return Refuse("CREATE SQL");
      if (!cursor_.Take("DEFINER") && !cursor_.Take("INVOKER")) return Refuse("SQL SECURITY");
    } else if (word == "TABLE") {
      return Table(statement);
    } else if (word == "SEQUENCE") {
      return Sequence(statement);
    } else if (word == "INDEX") {
      return Index(statement);
    } else if (word == "VIEW") {
      statement.kind = Kind::kView;
      return SkipIfExists() && Name(statement.name) && Body();
    } else if (word == "EVENT") {
      statement.kind = Kind::kEvent;
      return SkipIfExists() && Name(statement.name) && Schedule() && Body();
    } else if (word == "TRIGGER") {
      return Trigger(statement);
    } else if (word == "PROCEDURE" || word == "FUNCTION" || word == "PACKAGE") {
      if (word == "PACKAGE") cursor_.Take("BODY");
      return Routine(statement, word == "FUNCTION");
    } else if (word != "UNIQUE" && word != "FULLTEXT" && word != "SPATIAL" && word != "AGGREGATE") {
      return Refuse(absl::StrCat("CREATE ", ToUtf8(word)));
    }
  }
}

bool StatementGrammar::Body() {
  return cursor_.KeepRest() || Refuse("a versioned comment that ends within the body");
}

// "ON SCHEDULE {AT time | EVERY interval [STARTS time] [ENDS time]} [ON COMPLETION ...] ...", up to
// DO. The server evaluates times and intervals when it creates the event.
bool StatementGrammar::Schedule() {
  while (!cursor_.Is("DO")) {
    const Token token = cursor_.token();
    if (cursor_.AtEnd()) return Refuse("CREATE EVENT without DO");
    if (cursor_.IsDoubtful()) return Refuse(absl::StrCat("unexpected ", Shown(token)));
    cursor_.Advance();
    if ((token.Is("CURRENT_TIMESTAMP") || token.Is("NOW")) && cursor_.TakeSymbol('(')) {
      if (IsNumber(cursor_.token())) cursor_.Advance();
      if (!cursor_.TakeSymbol(')')) return Refuse("a schedule with a function");
      continue;
    }
    const bool known = IsNumber(token) || token.kind == Token::Kind::kString ||
                       token.IsSymbol('+') || token.IsSymbol('-') ||
                       (token.kind == Token::Kind::kWord && IsIn(kScheduleWords, Upper(token)));
    if (!known) return Refuse(absl::StrCat("a schedule with ", Shown(token)));
  }
  cursor_.Advance();
  return true;
}

bool StatementGrammar::Routine(Statement& statement, bool function) {
  statement.kind = Kind::kRoutine;
  if (!SkipIfExists() || !Name(statement.name)) return false;
  // "CREATE FUNCTION name RETURNS ... SONAME" loads a library. MariaDB's Oracle mode has functions
  // without parameters: "name RETURN type".
  if (function && !cursor_.IsSymbol('(') && !cursor_.Is("RETURN")) {
    return Refuse("CREATE FUNCTION of a library");
  }
  if (function) cursor_.Advance();
  return Body();
}

bool StatementGrammar::Trigger(Statement& statement) {
  statement.kind = Kind::kTrigger;
  if (!SkipIfExists() || !Name(statement.name)) return false;
  while (!cursor_.Take("ON")) {
    if (cursor_.token().kind != Token::Kind::kWord) return Refuse("unexpected CREATE TRIGGER");
    cursor_.Advance();
  }
  return Name(statement.table) && Body();
}

bool StatementGrammar::Engine() {
  cursor_.TakeSymbol('=');
  const std::string engine = absl::AsciiStrToUpper(cursor_.token().Value());
  if (!cursor_.token().IsIdentifier() || !IsIn(kEngines, engine)) {
    return Refuse(absl::StrCat("the storage engine ", ToUtf8(engine)));
  }
  cursor_.Advance();
  return !cursor_.IsSymbol('.') || Refuse("a name in the place of a storage engine");
}

bool StatementGrammar::Tablespace() {
  cursor_.TakeSymbol('=');
  // MariaDB reads the name, and has no tablespaces.
  if (mariadb_ && IsName()) {
    cursor_.Advance();
    return true;
  }
  if (!cursor_.token().IsIdentifier() ||
      !IsIn(kTablespaces, absl::AsciiStrToLower(cursor_.token().Value()))) {
    return Refuse(absl::StrCat("the tablespace ", ToUtf8(cursor_.token().Value())));
  }
  cursor_.Advance();
  return true;
}

// At the dot after a number. For the server, "1.e5SELECT" is a number and a word, too.
bool StatementGrammar::Fraction() {
  const size_t end = cursor_.token().end();
  cursor_.Advance();
  const Token& token = cursor_.token();
  if (token.kind != Token::Kind::kWord || token.begin != end || IsNumber(token)) return true;
  const std::string_view exponent = token.text.substr(1);
  const bool is_exponent = absl::AsciiStrToUpper(token.text.substr(0, 1)) == "E" &&
                           exponent.find_first_not_of("0123456789") == std::string_view::npos;
  return is_exponent || Refuse(absl::StrCat("unexpected ", Shown(token)));
}

// A token of a definition, wherever it stands.
bool StatementGrammar::DefinitionToken() {
  if (cursor_.IsDoubtful()) {
    return Refuse(absl::StrCat("unexpected ", Shown(cursor_.token())));
  }
  const Token token = cursor_.token();
  // A column's name comes first in its definition.
  const bool first = cursor_.last().IsSymbol('(') || cursor_.last().IsSymbol(',');
  cursor_.Advance();
  if (token.kind == Token::Kind::kWord && HasVariableInside(token.text)) {
    return Refuse(absl::StrCat("unexpected ", Shown(token)));
  }
  // MariaDB takes variables in defaults: "@@session.name", "@name".
  if (token.kind == Token::Kind::kWord && token.text[0] == '@') {
    if (absl::StartsWith(token.text, "@@")) cursor_.TakeSymbol('.');
    return true;
  }
  if (token.IsIdentifier() && cursor_.IsSymbol('.')) {
    return IsNumber(token) ? Fraction() : Qualifier() && IsName();
  }
  if (token.kind != Token::Kind::kWord) return true;
  // A query may begin with TABLE or VALUES; partitions have VALUES IN and VALUES LESS THAN.
  const bool values = token.Is("VALUES") && !cursor_.IsAnyOf({"IN", "LESS"});
  if (values || token.Is("SELECT") || token.Is("TABLE") || token.Is("HANDLER") ||
      token.Is("LOAD_FILE")) {
    return Refuse(Upper(token) + " in a definition");
  }
  const bool string = cursor_.token().kind == Token::Kind::kString;
  if ((token.Is("DATA") || token.Is("INDEX")) && cursor_.Is("DIRECTORY")) {
    return Refuse(Upper(token) + " DIRECTORY");
  }
  const bool assigned = cursor_.IsSymbol('=') || !first;
  if (token.Is("CONNECTION") && (string || assigned)) return Refuse("CONNECTION");
  if (token.Is("ENGINE") && assigned) return Engine();
  if (token.Is("TABLESPACE") && assigned) return Tablespace();
  return true;
}

// After the opening one.
bool StatementGrammar::Parentheses() {
  int depth = 1;
  while (depth > 0) {
    if (cursor_.AtEnd()) return Refuse("a parenthesis is missing");
    if (cursor_.IsSymbol('(')) ++depth;
    if (cursor_.IsSymbol(')')) --depth;
    if (!DefinitionToken()) return false;
  }
  return true;
}

bool StatementGrammar::Item() {
  while (!cursor_.AtEnd() && !cursor_.IsSymbol(',') && !cursor_.IsSymbol(')')) {
    if (cursor_.TakeSymbol('(')) {
      if (!Parentheses()) return false;
    } else if (!DefinitionToken()) {
      return false;
    }
  }
  return true;
}

bool StatementGrammar::Table(Statement& statement) {
  statement.kind = Kind::kTable;
  if (!SkipIfExists() || !Name(statement.name)) return false;
  if (!cursor_.TakeSymbol('(')) return Refuse("CREATE TABLE without columns");
  if (cursor_.IsAnyOf({"LIKE", "SELECT", "TABLE", "VALUES", "VALUE", "WITH"}) ||
      cursor_.IsSymbol('(')) {
    return Refuse("CREATE TABLE from another table");
  }
  return Parentheses() && TableTail();
}

bool StatementGrammar::TableTail() {
  while (!cursor_.AtEnd()) {
    if (cursor_.TakeSymbol(',')) continue;
    if (cursor_.TakeSymbol('(')) {
      if (!Parentheses()) return false;
      continue;
    }
    if (!TableWordAndValue()) return false;
  }
  return AtEnd();
}

bool StatementGrammar::TableWordAndValue() {
  if (cursor_.IsDoubtful()) return AtEnd();
  const Token token = cursor_.token();
  // MariaDB writes the options of an engine as `name`=value.
  const bool engine_option = token.kind == Token::Kind::kName && cursor_.Peek().IsSymbol('=');
  if (token.kind != Token::Kind::kWord && !engine_option) return AtEnd();
  if (IsNumber(token)) {
    cursor_.Advance();
    return true;
  }
  const std::string upper = Upper(token);
  const auto* const word =
      std::find_if(std::begin(kTableWords), std::end(kTableWords),
                   [&](const TableWord& known) { return known.word == upper; });
  bool value = engine_option;
  if (upper == "ENGINE" || upper == "TYPE") {
    cursor_.Advance();
    return Engine();
  }
  if (upper == "TABLESPACE") {
    cursor_.Advance();
    return Tablespace();
  }
  if (upper == "WITH" && cursor_.Peek().Is("SYSTEM")) {
    cursor_.Advance();
    return true;
  }
  if (!engine_option) {
    if (word == std::end(kTableWords)) {
      return Refuse(absl::StrCat("CREATE TABLE with ", Shown(token)));
    }
    value = word->value;
  }
  cursor_.Advance();
  if (!value) return true;
  cursor_.TakeSymbol('=');
  if (cursor_.IsSymbol('(')) return true;
  if (!IsName()) return false;
  cursor_.Advance();
  // The string of "TIMESTAMP'...'", a second string, a fraction.
  while (cursor_.token().kind == Token::Kind::kString && cursor_.token().closed) cursor_.Advance();
  return true;
}

bool StatementGrammar::Index(Statement& statement) {
  statement.kind = Kind::kIndex;
  std::string index;
  if (!SkipIfExists() || !Name(index)) return false;
  if (cursor_.Take("USING") && !cursor_.Take("BTREE") && !cursor_.Take("HASH")) {
    return Refuse("unexpected USING");
  }
  if (!cursor_.Take("ON")) return Refuse("unexpected CREATE INDEX");
  return Name(statement.name) && Item() && AtEnd();
}

bool StatementGrammar::Sequence(Statement& statement) {
  statement.kind = Kind::kSequence;
  return SkipIfExists() && Name(statement.name) && SequenceWords();
}

bool StatementGrammar::SequenceWords() {
  while (!cursor_.AtEnd()) {
    const Token token = cursor_.token();
    if (cursor_.IsDoubtful()) return AtEnd();
    cursor_.Advance();
    if (token.Is("ENGINE")) {
      if (!Engine()) return false;
      continue;
    }
    // MariaDB shows the options of its engines as names: `PAGE_COMPRESSED`='ON'.
    const bool engine_option = token.kind == Token::Kind::kName && cursor_.token().IsSymbol('=');
    const bool known = engine_option || IsNumber(token) || token.kind == Token::Kind::kString ||
                       token.IsSymbol('=') || token.IsSymbol('-') ||
                       (token.kind == Token::Kind::kWord && IsIn(kSequenceWords, Upper(token)));
    if (!known) return Refuse(absl::StrCat("a sequence with ", Shown(token)));
  }
  return AtEnd();
}

bool StatementGrammar::Alter(Statement& statement) {
  if (cursor_.IsAnyOf({"DATABASE", "SCHEMA"})) {
    statement.kind = Kind::kDatabase;
    return true;
  }
  if (cursor_.Take("SEQUENCE")) {
    statement.kind = Kind::kAlterSequence;
    return SkipIfExists() && Name(statement.name) && SequenceWords();
  }
  if (!cursor_.Take("TABLE")) {
    return Refuse(absl::StrCat("ALTER ", Shown(cursor_.token())));
  }
  statement.kind = Kind::kAlterTable;
  if (!SkipIfExists() || !Name(statement.name)) return false;
  do {
    if (!AlterAction(statement)) return false;
  } while (cursor_.TakeSymbol(','));
  return AtEnd();
}

bool StatementGrammar::AlterAction(Statement& statement) {
  if (!IsIn(kAlterActions, Upper(cursor_.token()))) {
    return Refuse(absl::StrCat("ALTER TABLE ", Shown(cursor_.token())));
  }
  if (cursor_.Take("ENGINE")) return Engine();
  if (cursor_.IsAnyOf({"DISABLE", "ENABLE"})) {
    cursor_.Advance();
    if (!cursor_.Take("KEYS")) return Refuse("ALTER TABLE with other than KEYS");
    statement.kind = Kind::kKeys;
    return true;
  }
  return Item();
}

bool StatementGrammar::Drop(Statement& statement) {
  cursor_.Take("TEMPORARY");
  const std::string word = Upper(cursor_.token());
  if (word == "DATABASE" || word == "SCHEMA") {
    statement.kind = Kind::kDatabase;
    return true;
  }
  cursor_.Advance();
  if (word == "TABLE" || word == "SEQUENCE" || word == "TABLES") {
    statement.kind = Kind::kDropTable;
  } else if (word == "VIEW") {
    statement.kind = Kind::kDropView;
  } else if (word == "PROCEDURE" || word == "FUNCTION" || word == "TRIGGER" || word == "EVENT" ||
             word == "PACKAGE") {
    statement.kind = Kind::kDropOther;
    drops_function_ = word == "FUNCTION";
    if (word == "PACKAGE") cursor_.Take("BODY");
  } else {
    return Refuse(absl::StrCat("DROP ", ToUtf8(word)));
  }
  if (!SkipIfExists() || !Name(statement.name)) return false;
  std::string other;
  while (cursor_.TakeSymbol(',')) {
    if (!Name(other)) return false;
  }
  if (!cursor_.Take("CASCADE")) cursor_.Take("RESTRICT");
  return AtEnd();
}

// "SETVAL(name, number, ...)"
bool StatementGrammar::Setval(Statement& statement) {
  if (!cursor_.Take("SETVAL") || !cursor_.TakeSymbol('(')) return Refuse("SELECT");
  statement.kind = Kind::kSetval;
  if (!Name(statement.name)) return false;
  while (cursor_.TakeSymbol(',')) {
    cursor_.TakeSymbol('-');
    if (!IsNumber(cursor_.token()) && !cursor_.IsAnyOf({"TRUE", "FALSE"})) {
      return Refuse("SETVAL of an expression");
    }
    cursor_.Advance();
  }
  return (cursor_.TakeSymbol(')') || Refuse("SETVAL")) && AtEnd();
}

}  // namespace siphon::mysqlcommon
