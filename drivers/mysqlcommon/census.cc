// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/census.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/tokens.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

using Kind = Statement::Kind;
using Objects = std::set<std::string>;

constexpr std::string_view kOp = "mysql.restore";
// How many objects an error names.
constexpr size_t kShown = 5;

// The kinds of objects of CREATE and DROP statements, in the words of information_schema.
constexpr std::string_view kWords[] = {"TABLE",    "VIEW",    "SEQUENCE", "PROCEDURE",
                                       "FUNCTION", "PACKAGE", "TRIGGER",  "EVENT"};

bool IsTemporary(std::string_view sql) {
  TokenReader reader(sql);
  reader.Next();
  Token token = reader.Next();
  if (token.Is("OR") && reader.Next().Is("REPLACE")) token = reader.Next();
  return token.Is("TEMPORARY");
}

// Reads up to the first of kWords and returns it in lower case; "package body" for both words.
std::string ReadWord(TokenReader& reader) {
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    for (const std::string_view word : kWords) {
      if (!token.Is(word)) continue;
      if (!token.Is("PACKAGE") || !reader.Peek().Is("BODY")) return absl::AsciiStrToLower(word);
      reader.Next();
      return "package body";
    }
  }
  return "";
}

// The names in "DROP TABLE [IF EXISTS] [db.]a, [db.]b".
std::vector<std::string> DroppedNames(TokenReader& reader) {
  std::vector<std::string> names;
  Token token = reader.Next();
  if (token.Is("IF")) {
    reader.Next();
    token = reader.Next();
  }
  while (token.IsIdentifier()) {
    names.push_back(token.Value());
    token = reader.Next();
    if (token.IsSymbol('.')) names.pop_back();
    if (!token.IsSymbol('.') && !token.IsSymbol(',')) break;
    token = reader.Next();
  }
  return names;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isascii(c); });
}

// `name` in UTF-8, and in lower case where the server does not distinguish it. `charset` is an SQL
// expression or a name.
absl::StatusOr<std::string> Normal(const base::Context& context, Session& session,
                                   std::string_view name, bool lower, std::string_view charset) {
  if (IsAscii(name)) return lower ? absl::AsciiStrToLower(name) : std::string(name);
  const bool utf8 = absl::StartsWith(charset, "utf8");
  if (utf8 && !lower) return std::string(name);
  // The server's own rules for names: those of utf8mb3_general_ci.
  const std::string text =
      absl::StrCat("CONVERT(_", charset, " 0x", absl::BytesToHexString(name), " USING utf8mb3)");
  // In digits, because the dump may have set the character set of results.
  ASSIGN_OR_RETURN(
      const std::optional<std::string> digits,
      session.Value(context, absl::StrCat("SELECT HEX(CONVERT(", lower ? "LOWER(" : "", text,
                                          lower ? ")" : "", " USING utf8mb4))")));
  std::string normal;
  if (!absl::HexStringToBytes(digits.value_or(""), &normal)) {
    return errs::InternalError(kOp, "a name is not hexadecimal");
  }
  return normal;
}

struct NameRules {
  bool lower = false;
  std::string charset = "utf8mb4";
};

absl::StatusOr<NameRules> RulesOf(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context, "SELECT @@lower_case_table_names, @@character_set_client"));
  if (rows.empty()) return errs::InternalError(kOp, "no settings");
  return NameRules{.lower = Text(rows[0], 0) != "0", .charset = std::string(Text(rows[0], 1))};
}

std::string ObjectName(std::string_view word, std::string_view name, std::string_view table) {
  return table.empty() ? absl::StrCat(word, " ", name)
                       : absl::StrCat(word, " ", name, " on ", table);
}

std::string_view WordOf(const Table& table) {
  return table.kind == Table::Kind::kView       ? "view"
         : table.kind == Table::Kind::kSequence ? "sequence"
                                                : "table";
}

std::string Named(const Objects& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() == kShown) {
      shown.push_back(absl::StrCat("and ", names.size() - kShown, " more"));
      break;
    }
    shown.push_back(ToUtf8(name));
  }
  return absl::StrJoin(shown, ", ");
}

absl::Status Compare(const Objects& expected, const Objects& there, const std::string& database) {
  Objects missing, extra;
  std::set_difference(expected.begin(), expected.end(), there.begin(), there.end(),
                      std::inserter(missing, missing.end()));
  std::set_difference(there.begin(), there.end(), expected.begin(), expected.end(),
                      std::inserter(extra, extra.end()));
  if (missing.empty() && extra.empty()) return absl::OkStatus();
  return errs::IntegrityError(
      kOp,
      absl::StrCat("the objects in database ", ToUtf8(database), " are not those of the dump:",
                   missing.empty() ? "" : " missing: ", Named(missing),
                   missing.empty() || extra.empty() ? "" : ";",
                   extra.empty() ? "" : " not in the dump: ", Named(extra)),
      "restore again while nobody changes the database's definitions; if it fails again, the dump"
      " contains statements that siphon and the server read differently");
}

}  // namespace

absl::Status Census::Note(const base::Context& context, Session& session,
                          const Statement& statement, std::string_view sql) {
  const bool drops = statement.kind == Kind::kDropTable || statement.kind == Kind::kDropView ||
                     statement.kind == Kind::kDropOther;
  const bool creates = statement.kind == Kind::kTable || statement.kind == Kind::kSequence ||
                       statement.kind == Kind::kView || statement.kind == Kind::kRoutine ||
                       statement.kind == Kind::kTrigger || statement.kind == Kind::kEvent;
  if ((!drops && !creates) || IsTemporary(sql)) return absl::OkStatus();
  TokenReader reader(sql);
  const std::string word = ReadWord(reader);
  ASSIGN_OR_RETURN(const NameRules rules, RulesOf(context, session));
  const auto normal = [&](std::string_view name) {
    return Normal(context, session, name, rules.lower, rules.charset);
  };
  if (creates) {
    ASSIGN_OR_RETURN(const std::string name, normal(statement.name));
    ASSIGN_OR_RETURN(const std::string table, normal(statement.table));
    objects_.insert(ObjectName(word, name, table));
    return absl::OkStatus();
  }
  for (const std::string& dropped : DroppedNames(reader)) {
    ASSIGN_OR_RETURN(const std::string name, normal(dropped));
    objects_.erase(ObjectName(word, name, ""));
    if (word == "package") objects_.erase(ObjectName("package body", name, ""));
    if (word != "trigger") continue;
    std::erase_if(objects_, [&](const std::string& object) {
      return absl::StartsWith(object, absl::StrCat("trigger ", name, " on "));
    });
  }
  return absl::OkStatus();
}

bool Census::Has(const Table& table) const {
  return objects_.contains(ObjectName(WordOf(table), table.name, ""));
}

bool Census::HasTable(std::string_view name) const {
  return objects_.contains(ObjectName("table", name, ""));
}

bool Census::HasTrigger(std::string_view name) const {
  const std::string begin = absl::StrCat("trigger ", name, " on ");
  return std::any_of(objects_.begin(), objects_.end(),
                     [&](const std::string& object) { return absl::StartsWith(object, begin); });
}

absl::StatusOr<Catalog> Census::Held(const base::Context& context, Session& session,
                                     const Catalog& there) const {
  ASSIGN_OR_RETURN(const NameRules rules, RulesOf(context, session));
  Objects relations, others;
  for (const std::string& object : objects_) {
    const size_t space = object.find(' ');
    const std::string_view word = std::string_view(object).substr(0, space);
    if (word == "table" || word == "view" || word == "sequence") {
      relations.insert(object.substr(space + 1));
    } else {
      // The server does not distinguish the case of these names.
      ASSIGN_OR_RETURN(std::string normal, Normal(context, session, object, true, "utf8mb4"));
      others.insert(std::move(normal));
    }
  }
  Catalog held;
  held.database = there.database;
  for (const Table& table : there.tables) {
    ASSIGN_OR_RETURN(const std::string name,
                     Normal(context, session, table.name, rules.lower, "utf8mb4"));
    if (relations.contains(name)) held.tables.push_back(table);
  }
  for (const StoredObject& object : there.objects) {
    ASSIGN_OR_RETURN(const std::string table,
                     Normal(context, session, object.table, rules.lower, "utf8mb4"));
    ASSIGN_OR_RETURN(
        const std::string name,
        Normal(context, session,
               ObjectName(absl::AsciiStrToLower(SqlWord(object.kind)), object.name, ""), true,
               "utf8mb4"));
    const bool trigger = object.kind == StoredObject::Kind::kTrigger;
    if (trigger ? relations.contains(table) : others.contains(name)) held.objects.push_back(object);
  }
  return held;
}

absl::Status Census::Check(const base::Context& context, Session& session, const Catalog& there,
                           Scope scope) const {
  if (scope == Scope::kHeld) {
    ASSIGN_OR_RETURN(const Catalog held, Held(context, session, there));
    return Check(context, session, held, Scope::kAll);
  }
  ASSIGN_OR_RETURN(const NameRules rules, RulesOf(context, session));
  // The catalogue is in UTF-8.
  const auto normal = [&](std::string_view name) {
    return Normal(context, session, name, rules.lower, "utf8mb4");
  };
  Objects expected, actual;
  for (const std::string& object : objects_) {
    const bool is_table =
        absl::StartsWith(object, "table ") || absl::StartsWith(object, "sequence ");
    if (is_table || scope != Scope::kTables) expected.insert(object);
  }
  for (const Table& table : there.tables) {
    ASSIGN_OR_RETURN(const std::string name, normal(table.name));
    std::string object = ObjectName(WordOf(table), name, "");
    if (scope != Scope::kTheseTables || objects_.contains(object)) actual.insert(std::move(object));
  }
  for (const StoredObject& object : there.objects) {
    ASSIGN_OR_RETURN(const std::string name, normal(object.name));
    ASSIGN_OR_RETURN(const std::string table, normal(object.table));
    if (scope == Scope::kTheseTables && !objects_.contains(ObjectName("table", table, "")))
      continue;
    actual.insert(ObjectName(absl::AsciiStrToLower(SqlWord(object.kind)), name, table));
  }
  return Compare(expected, actual, there.database);
}

absl::Status CheckSameObjects(const Catalog& before, const Catalog& after) {
  Objects expected, actual;
  for (const auto& [catalog, objects] : {std::pair(&before, &expected), {&after, &actual}}) {
    for (const Table& table : catalog->tables) {
      objects->insert(ObjectName(WordOf(table), table.name, ""));
    }
    for (const StoredObject& object : catalog->objects) {
      objects->insert(
          ObjectName(absl::AsciiStrToLower(SqlWord(object.kind)), object.name, object.table));
    }
  }
  return Compare(expected, actual, before.database);
}

}  // namespace siphon::mysqlcommon
