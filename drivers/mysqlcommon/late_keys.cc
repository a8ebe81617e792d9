// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/late_keys.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace siphon::mysqlcommon {
namespace {

// An element of the list in a CREATE TABLE statement: a column, a key or a constraint.
struct Element {
  size_t begin = 0, end = 0;        // In the statement.
  bool column = false;              // With a name in quotes.
  bool key = false;                 // A secondary key.
  bool unique = false;              // A primary or unique key.
  bool special = false;             // A full-text, spatial or vector key.
  bool foreign = false;             // With a foreign key.
  bool increments = false;          // A column with AUTO_INCREMENT.
  bool computed = false;            // A generated column, a key with an expression or a sign.
  std::string name;                 // Of the column.
  std::vector<std::string> inside;  // Names in parentheses.
};

// The list of a CREATE TABLE statement, and what follows it.
struct Parsed {
  std::string_view table;  // As written.
  size_t list = 0;         // The place after the opening parenthesis.
  std::vector<Element> elements;
  bool innodb = false, versioned = false;
};

// Reads an element up to the comma or parenthesis after it, which it returns.
Token ReadElement(TokenReader& reader, Element& element) {
  int depth = 0;
  bool first = true, begins = false;  // A parenthesis here begins an expression.
  while (true) {
    Token token = reader.Next();
    const bool closes = token.IsSymbol(')');
    if (token.kind == Token::Kind::kEnd || (depth == 0 && (closes || token.IsSymbol(',')))) {
      element.end = token.begin;
      return token;
    }
    const bool opens = token.IsSymbol('(');
    if (opens) ++depth;
    if (closes) --depth;
    if ((element.key && opens && begins) || token.Is("GENERATED")) element.computed = true;
    // Part of no key that SHOW CREATE TABLE writes.
    const bool sign = absl::StartsWith(token.text, "@") ||
                      (token.kind == Token::Kind::kSymbol && !opens && !closes &&
                       !token.IsSymbol(',') && !token.IsSymbol('='));
    if (element.key && sign) element.computed = true;
    begins = opens || token.IsSymbol(',');
    if (first) {
      element.column = token.kind == Token::Kind::kName;
      element.key = token.Is("KEY") || token.Is("INDEX");
      element.unique = token.Is("PRIMARY") || token.Is("UNIQUE");
      element.special = token.Is("FULLTEXT") || token.Is("SPATIAL") || token.Is("VECTOR");
      if (token.IsIdentifier()) element.name = token.Value();
    } else if (depth > 0 && token.IsIdentifier()) {
      element.inside.push_back(token.Value());
    }
    first = false;
    if (token.Is("FOREIGN") || token.Is("REFERENCES")) element.foreign = true;
    if (token.Is("AUTO_INCREMENT")) element.increments = true;
  }
}

std::optional<Parsed> Parse(std::string_view create, const Syntax& syntax) {
  TokenReader reader(create, syntax);
  if (!reader.Next().Is("CREATE") || !reader.Next().Is("TABLE")) return std::nullopt;
  const Token name = reader.Next();
  const Token open = reader.Next();
  if (name.kind != Token::Kind::kName || !name.closed || !open.IsSymbol('(')) return std::nullopt;
  Parsed parsed;
  parsed.table = name.text;
  parsed.list = open.end();
  Token token;
  size_t begin = parsed.list;
  do {
    Element element;
    element.begin = begin;
    token = ReadElement(reader, element);
    if (token.kind == Token::Kind::kEnd) return std::nullopt;
    begin = token.end();
    parsed.elements.push_back(std::move(element));
  } while (!token.IsSymbol(')'));
  for (token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.Is("VERSIONING")) parsed.versioned = true;
    if (!token.Is("ENGINE")) continue;
    Token engine = reader.Next();
    if (engine.IsSymbol('=')) engine = reader.Next();
    parsed.innodb = engine.Is("INNODB");
  }
  if (reader.commented() || reader.versioned() != 0) return std::nullopt;
  return parsed;
}

// True if a primary or unique key begins with the column.
bool HasUniqueKey(const Parsed& parsed, std::string_view column) {
  return std::any_of(parsed.elements.begin(), parsed.elements.end(), [&](const Element& element) {
    return element.unique && !element.inside.empty() &&
           absl::EqualsIgnoreCase(element.inside.front(), column);
  });
}

}  // namespace

std::optional<LateKeys> SplitKeys(std::string_view create, const Syntax& syntax) {
  const std::optional<Parsed> parsed = Parse(create, syntax);
  if (!parsed.has_value() || !parsed->innodb || parsed->versioned) return std::nullopt;
  // The list begins with a column, also without its keys.
  if (!parsed->elements.front().column) return std::nullopt;
  std::vector<std::string_view> kept, added;
  for (const Element& element : parsed->elements) {
    // With full-text or spatial keys, the keys would get another order. The server computes values
    // of expressions for INSERT by other rules than for ALTER TABLE.
    if (element.foreign || element.special || element.computed) return std::nullopt;
    if (element.increments && !HasUniqueKey(*parsed, element.name)) return std::nullopt;
    const std::string_view text = create.substr(element.begin, element.end - element.begin);
    if (element.key) {
      added.push_back(absl::StripAsciiWhitespace(text));
    } else {
      kept.push_back(text);
    }
  }
  if (added.empty() || kept.empty()) return std::nullopt;
  return LateKeys{.create = absl::StrCat(create.substr(0, parsed->list), absl::StrJoin(kept, ","),
                                         create.substr(parsed->elements.back().end)),
                  .alter = absl::StrCat("ALTER TABLE ", parsed->table, " ADD ",
                                        absl::StrJoin(added, ", ADD "))};
}

std::vector<std::string> ReferencedTables(std::string_view create, const Syntax& syntax) {
  std::vector<std::string> tables;
  TokenReader reader(create, syntax);
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (!token.Is("REFERENCES")) continue;
    Token name = reader.Next();
    if (reader.Peek().IsSymbol('.')) {
      reader.Next();
      name = reader.Next();
    }
    if (name.IsIdentifier()) tables.push_back(name.Value());
  }
  return tables;
}

}  // namespace siphon::mysqlcommon
