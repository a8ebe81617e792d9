// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/statement.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/tokens.h"

namespace siphon::mysqlcommon {
namespace {

using Kind = Statement::Kind;

bool IsAnyOf(const Token& token, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return token.Is(word); });
}

// Reads "[schema.]name", beginning with `token`.
void ReadName(TokenReader& reader, Token token, std::string& schema, std::string& name) {
  if (!token.IsIdentifier()) return;
  name = token.Value();
  if (reader.Peek().IsSymbol('.')) {
    reader.Next();
    schema = std::move(name);
    name = reader.Next().Value();
  }
}

// The first token that is not IF, NOT or EXISTS.
Token PastIfExists(TokenReader& reader) {
  Token token = reader.Next();
  if (!token.Is("IF")) return token;
  while (IsAnyOf(token, {"IF", "NOT", "EXISTS"})) token = reader.Next();
  return token;
}

// Reads the account after "DEFINER =": user[@host], CURRENT_USER[()], a role. Returns its end.
size_t PastAccount(TokenReader& reader) {
  Token token = reader.Next();
  size_t end = token.end();
  if (reader.Peek().IsSymbol('(')) {
    reader.Next();
    return reader.Next().end();
  }
  // '@' is part of an unquoted word; after a quoted name it begins the next word.
  if (token.kind != Token::Kind::kWord && absl::StartsWith(reader.Peek().text, "@")) {
    token = reader.Next();
    end = token.end();
  }
  if (absl::EndsWith(token.text, "@")) end = reader.Next().end();
  return end;
}

bool IsDefiner(const Token& token, TokenReader& reader) {
  return token.Is("DEFINER") && reader.Peek().IsSymbol('=');
}

void ReadTrigger(TokenReader& reader, Statement& statement) {
  ReadName(reader, PastIfExists(reader), statement.schema, statement.name);
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (!token.Is("ON")) continue;
    std::string schema;
    ReadName(reader, reader.Next(), schema, statement.table);
    if (!schema.empty()) statement.schema = schema;
    return;
  }
}

struct CreateWord {
  std::string_view word;
  Kind kind;
};
constexpr CreateWord kCreated[] = {
    {"TABLE", Kind::kTable},      {"VIEW", Kind::kView},         {"PROCEDURE", Kind::kRoutine},
    {"FUNCTION", Kind::kRoutine}, {"PACKAGE", Kind::kRoutine},   {"EVENT", Kind::kEvent},
    {"TRIGGER", Kind::kTrigger},  {"SEQUENCE", Kind::kSequence}, {"DATABASE", Kind::kDatabase},
    {"SCHEMA", Kind::kDatabase},  {"INDEX", Kind::kIndex}};

// The first word of `kCreated`; skips everything before it.
const CreateWord* FindCreated(TokenReader& reader) {
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (IsDefiner(token, reader)) {
      reader.Next();
      PastAccount(reader);
      continue;
    }
    const auto* const found =
        std::find_if(std::begin(kCreated), std::end(kCreated),
                     [&](const CreateWord& created) { return token.Is(created.word); });
    if (found != std::end(kCreated)) return found;
  }
  return nullptr;
}

void ReadCreate(TokenReader& reader, bool drop, Statement& statement) {
  const CreateWord* const created = FindCreated(reader);
  if (created == nullptr) return;
  statement.kind = created->kind;
  if (drop) {
    statement.kind = statement.kind == Kind::kTable || statement.kind == Kind::kSequence
                         ? Kind::kDropTable
                     : statement.kind == Kind::kView     ? Kind::kDropView
                     : statement.kind == Kind::kDatabase ? Kind::kDatabase
                     : statement.kind == Kind::kIndex    ? Kind::kOther
                                                         : Kind::kDropOther;
  }
  if (statement.kind == Kind::kTrigger) return ReadTrigger(reader, statement);
  if (statement.kind == Kind::kIndex) {
    while (true) {
      const Token token = reader.Next();
      if (token.kind == Token::Kind::kEnd) return;
      if (token.Is("ON")) break;
    }
  }
  if (reader.Peek().Is("BODY")) reader.Next();
  ReadName(reader, PastIfExists(reader), statement.schema, statement.name);
}

void ReadSet(TokenReader& reader, Statement& statement) {
  statement.kind = Kind::kSet;
  const Token token = reader.Next();
  if (IsAnyOf(token, {"GLOBAL", "PERSIST", "PASSWORD", "ROLE", "DEFAULT"}) ||
      absl::StartsWithIgnoreCase(token.text, "@@GLOBAL") ||
      absl::StartsWithIgnoreCase(token.text, "@@PERSIST")) {
    statement.kind = Kind::kSetGlobal;
  }
  // "SET @@SESSION.SQL_LOG_BIN = 0", "SET SQL_LOG_BIN = 0"; mysqldump saves the old value.
  for (Token part = token; part.kind != Token::Kind::kEnd && !part.IsSymbol('=');
       part = reader.Next()) {
    if (part.Is("SQL_LOG_BIN") || part.Is("GTID_PURGED") || part.Is("GTID_SLAVE_POS")) {
      statement.kind = Kind::kSetGlobal;
    }
  }
}

void ReadAlter(TokenReader& reader, Statement& statement) {
  const Token what = reader.Next();
  if (IsAnyOf(what, {"DATABASE", "SCHEMA"})) {
    statement.kind = Kind::kDatabase;
    statement.name = reader.Next().Value();
    return;
  }
  // "ALTER SEQUENCE name RESTART WITH ..."
  if (what.Is("SEQUENCE")) {
    statement.kind = Kind::kAlterSequence;
    ReadName(reader, PastIfExists(reader), statement.schema, statement.name);
    return;
  }
  if (!what.Is("TABLE")) return;
  statement.kind = Kind::kAlterTable;
  ReadName(reader, PastIfExists(reader), statement.schema, statement.name);
  if (IsAnyOf(reader.Next(), {"DISABLE", "ENABLE"}) && reader.Next().Is("KEYS")) {
    statement.kind = Kind::kKeys;
  }
}

// "INSERT [LOW_PRIORITY | DELAYED | HIGH_PRIORITY] [IGNORE] [INTO] name"
void ReadInsert(TokenReader& reader, Statement& statement) {
  statement.kind = Kind::kRows;
  Token token = reader.Next();
  while (IsAnyOf(token, {"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"})) {
    token = reader.Next();
  }
  ReadName(reader, token, statement.schema, statement.name);
}

// "DO SETVAL(name, ...)", "SELECT SETVAL(name, ...)"
void ReadSetval(TokenReader& reader, Statement& statement) {
  if (!reader.Next().Is("SETVAL") || !reader.Next().IsSymbol('(')) return;
  statement.kind = Kind::kSetval;
  ReadName(reader, reader.Next(), statement.schema, statement.name);
}

}  // namespace

Statement Classify(std::string_view sql, const Syntax& syntax) {
  Statement statement;
  TokenReader reader(sql, syntax);
  const Token first = reader.Next();
  if (first.Is("INSERT") || first.Is("REPLACE")) {
    ReadInsert(reader, statement);
  } else if (first.Is("SET")) {
    ReadSet(reader, statement);
  } else if (first.Is("CREATE") || first.Is("DROP")) {
    ReadCreate(reader, first.Is("DROP"), statement);
  } else if (first.Is("ALTER")) {
    ReadAlter(reader, statement);
  } else if (first.Is("USE")) {
    statement.kind = Kind::kUse;
    statement.name = reader.Next().Value();
  } else if (first.Is("LOCK") || first.Is("UNLOCK") || first.Is("FLUSH")) {
    statement.kind = Kind::kLock;
  } else if (IsAnyOf(first, {"START", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"})) {
    statement.kind = Kind::kTransaction;
  } else if (first.Is("DO") || first.Is("SELECT")) {
    ReadSetval(reader, statement);
  }
  return statement;
}

int64_t CountRows(std::string_view insert, const Syntax& syntax) {
  TokenReader reader(insert, syntax);
  Token token = reader.Next();
  int depth = 0;
  while (!(depth == 0 && (token.Is("VALUES") || token.Is("VALUE")))) {
    if (token.kind == Token::Kind::kEnd) return -1;
    if (token.IsSymbol('(')) ++depth;
    if (token.IsSymbol(')')) --depth;
    token = reader.Next();
  }
  int64_t rows = 0;
  depth = 0;
  for (token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.kind != Token::Kind::kSymbol) {
      // "ON DUPLICATE KEY UPDATE" and the like.
      if (depth == 0) break;
      continue;
    }
    if (token.text[0] == '(' && ++depth == 1) ++rows;
    if (token.text[0] == ')') --depth;
  }
  return rows;
}

std::string_view DefinerOf(std::string_view create, const Syntax& syntax) {
  TokenReader reader(create, syntax);
  if (!reader.Next().Is("CREATE")) return "";
  for (Token token = reader.Next(); token.kind == Token::Kind::kWord || token.IsSymbol('=');
       token = reader.Next()) {
    if (!IsDefiner(token, reader)) continue;
    const size_t begin = reader.Next().end();
    return create.substr(begin, PastAccount(reader) - begin);
  }
  return "";
}

std::string WithDefiner(std::string_view create, std::string_view definer, const Syntax& syntax) {
  TokenReader reader(create, syntax);
  if (!reader.Next().Is("CREATE")) return std::string(create);
  for (Token token = reader.Next(); token.kind == Token::Kind::kWord || token.IsSymbol('=');
       token = reader.Next()) {
    if (!IsDefiner(token, reader)) continue;
    reader.Next();
    const size_t end = PastAccount(reader);
    std::string_view rest = create.substr(end);
    const std::string_view head = create.substr(0, token.begin);
    if (!definer.empty()) return absl::StrCat(head, "DEFINER=", definer, rest);
    if (absl::StartsWith(rest, " ")) rest.remove_prefix(1);
    return absl::StrCat(head, rest);
  }
  return std::string(create);
}

std::string WithOwner(std::string_view create, bool no_owner, verbs::Definer definer,
                      const Syntax& syntax) {
  if (definer == verbs::Definer::kCurrent) return WithDefiner(create, "CURRENT_USER", syntax);
  if (definer == verbs::Definer::kStrip || no_owner) return WithDefiner(create, "", syntax);
  return std::string(create);
}

// "... [ENABLE | DISABLE [ON {SLAVE | REPLICA}]] [COMMENT 'text'] DO body"
std::string DisabledEvent(std::string_view create, const Syntax& syntax) {
  TokenReader reader(create, syntax);
  std::string head;
  size_t copied = 0;
  int depth = 0;
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.IsSymbol('(')) ++depth;
    if (token.IsSymbol(')')) --depth;
    if (depth != 0) continue;
    const bool comment = token.Is("COMMENT") && reader.Peek().kind == Token::Kind::kString;
    if (comment || token.Is("DO")) {
      return absl::StrCat(head, create.substr(copied, token.begin - copied), "DISABLE ",
                          create.substr(token.begin));
    }
    if (!IsAnyOf(token, {"ENABLE", "DISABLE"})) continue;
    absl::StrAppend(&head, create.substr(copied, token.begin - copied));
    if (token.Is("DISABLE") && reader.Peek().Is("ON")) {
      reader.Next();
      token = reader.Next();
    }
    copied = token.end();
  }
  return std::string(create);
}

std::string WithoutAutoIncrement(std::string_view create) {
  TokenReader reader(create);
  int depth = 0;
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    depth += token.IsSymbol('(') ? 1 : token.IsSymbol(')') ? -1 : 0;
    if (depth != 0 || !token.Is("AUTO_INCREMENT") || !reader.Peek().IsSymbol('=')) continue;
    reader.Next();
    const size_t end = reader.Next().end();
    return absl::StrCat(absl::StripTrailingAsciiWhitespace(create.substr(0, token.begin)),
                        create.substr(end));
  }
  return std::string(create);
}

std::string WithoutCheckNames(std::string_view create) {
  std::string out;
  size_t copied = 0;
  TokenReader reader(create);
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (!token.Is("CONSTRAINT") || reader.Peek().kind != Token::Kind::kName) continue;
    reader.Next();
    if (!reader.Peek().Is("CHECK")) continue;
    absl::StrAppend(&out, create.substr(copied, token.begin - copied));
    copied = reader.Peek().begin;
  }
  absl::StrAppend(&out, create.substr(copied));
  return out;
}

std::string WithoutDatabase(std::string_view sql, std::string_view database) {
  std::string out;
  size_t copied = 0;
  TokenReader reader(sql);
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.kind != Token::Kind::kName || token.Value() != database) continue;
    // Not after another qualifier: `other`.`db`.`c`.
    if (token.begin > 0 && sql[token.begin - 1] == '.') continue;
    if (token.end() + 1 >= sql.size() || sql.substr(token.end(), 2) != ".`") continue;
    absl::StrAppend(&out, sql.substr(copied, token.begin - copied));
    copied = token.end() + 1;
  }
  absl::StrAppend(&out, sql.substr(copied));
  return out;
}

namespace {

// Reads up to and including FOR EACH ROW; false when there is none.
bool PassForEachRow(TokenReader& reader, Token& row) {
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (!token.Is("FOR") || !reader.Peek().Is("EACH")) continue;
    reader.Next();
    row = reader.Next();
    return row.Is("ROW");
  }
  return false;
}

}  // namespace

bool QualifiesBy(std::string_view sql, std::string_view database, const Syntax& syntax) {
  TokenReader reader(sql, syntax);
  bool qualified = false;  // By another name before.
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    const bool name = token.kind == Token::Kind::kWord || token.kind == Token::Kind::kName;
    if (name && !qualified && reader.Peek().IsSymbol('.') &&
        absl::EqualsIgnoreCase(token.Value(), database)) {
      return true;
    }
    qualified = token.IsSymbol('.');
  }
  return false;
}

bool IsPlainTrigger(std::string_view create, const Syntax& syntax) {
  const Statement statement = Classify(create, syntax);
  TokenReader reader(create, syntax);
  Token row;
  return statement.kind == Statement::Kind::kTrigger && statement.schema.empty() &&
         PassForEachRow(reader, row) && !IsAnyOf(reader.Peek(), {"FOLLOWS", "PRECEDES"});
}

std::string_view TriggerBody(std::string_view create, const Syntax& syntax) {
  TokenReader reader(create, syntax);
  Token last;
  if (!PassForEachRow(reader, last)) return "";
  if (IsAnyOf(reader.Peek(), {"FOLLOWS", "PRECEDES"})) {
    reader.Next();
    last = reader.Next();
  }
  return absl::StripLeadingAsciiWhitespace(create.substr(last.end()));
}

}  // namespace siphon::mysqlcommon
