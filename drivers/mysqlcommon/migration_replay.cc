// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/migration_replay.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tokens.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.migrate";

bool IsAnyOf(const Token& token, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return token.Is(word); });
}

std::vector<Token> AllTokens(std::string_view statement) {
  std::vector<Token> tokens;
  TokenReader reader(statement);
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    tokens.push_back(token);
  }
  return tokens;
}

bool IsOwnVariable(const Token& token) {
  return token.kind == Token::Kind::kWord && token.text.starts_with("@") &&
         !token.text.starts_with("@@");
}

bool Has(const std::vector<Token>& tokens, std::string_view upper) {
  return std::any_of(tokens.begin(), tokens.end(),
                     [&](const Token& token) { return token.Is(upper); });
}

bool HasSymbol(const std::vector<Token>& tokens, char symbol) {
  return std::any_of(tokens.begin(), tokens.end(),
                     [&](const Token& token) { return token.IsSymbol(symbol); });
}

std::string Lower(const Token& token) { return absl::AsciiStrToLower(token.Value()); }

bool IsSessionOnly(const std::vector<Token>& tokens) {
  if (tokens.empty()) return false;
  if (!tokens[0].Is("SET")) return IsAnyOf(tokens[0], {"USE", "PREPARE", "DEALLOCATE"});
  // These variables are the server's, or apply to one statement.
  return tokens.size() == 1 ||
         !IsAnyOf(tokens[1], {"PASSWORD", "STATEMENT", "TRANSACTION", "DEFAULT", "PERSIST",
                              "PERSIST_ONLY", "GLOBAL"});
}

// Session state that earlier statements created and that a new session lacks.
class Memory {
 public:
  // Records an executed statement.
  void Take(std::string_view statement) {
    const std::vector<Token> tokens = AllTokens(statement);
    if (tokens.empty()) return;
    const Token& first = tokens[0];
    if (IsSessionOnly(tokens)) {
      if (first.Is("SET")) return TakeSet(statement, tokens);
      again_.push_back(statement);
    }
    if (first.Is("SET")) return;
    if (first.Is("CREATE") && tokens.size() > 2 && Has({tokens[1], tokens[2]}, "TEMPORARY")) {
      const Statement made = Classify(statement);
      if (!made.name.empty()) lost_.insert(absl::AsciiStrToLower(made.name));
    }
    if (IsAnyOf(first, {"CREATE", "ALTER"})) return;  // The words of a routine's body.
    // "SELECT max(x) INTO @a", "SELECT @a := 1", and a procedure that was called.
    const bool may_change = IsAnyOf(first, {"CALL", "EXECUTE"});
    bool into = false;
    for (size_t i = 1; i < tokens.size(); ++i) {
      if (!IsOwnVariable(tokens[i])) {
        into = tokens[i].Is("INTO") || (into && tokens[i].IsSymbol(','));
        continue;
      }
      const bool assigned = i + 1 < tokens.size() && tokens[i + 1].IsSymbol(':');
      if (assigned || into || may_change) lost_.insert(Lower(tokens[i]));
    }
  }

  // The part of that state that `statement` uses; empty when it uses none.
  std::string Misses(std::string_view statement) const {
    if (lost_.empty()) return "";
    for (const Token& token : AllTokens(statement)) {
      if (token.IsIdentifier() && lost_.contains(Lower(token))) return token.Value();
    }
    return "";
  }

  const std::vector<std::string_view>& again() const { return again_; }

 private:
  void TakeSet(std::string_view statement, const std::vector<Token>& tokens) {
    bool own = false;
    for (size_t i = 1; i + 1 < tokens.size(); ++i) {
      if (!IsOwnVariable(tokens[i])) continue;
      const bool assigned = tokens[i + 1].IsSymbol('=') || tokens[i + 1].IsSymbol(':');
      if (!assigned) continue;
      own = true;
      if (HasSymbol(tokens, '(')) {
        lost_.insert(Lower(tokens[i]));
      } else {
        lost_.erase(Lower(tokens[i]));
      }
    }
    if (!own || !HasSymbol(tokens, '(')) again_.push_back(statement);
  }

  std::vector<std::string_view> again_;
  std::set<std::string> lost_;
};

}  // namespace

std::optional<size_t> ErrorOffset(std::string_view statement, std::string_view text) {
  // "... to use near 'TABLEE bar (bar text)' at line 1 (1064)"
  constexpr std::string_view kNear = "near '";
  constexpr std::string_view kLine = "' at line ";
  const size_t near = text.find(kNear);
  const size_t end = text.rfind(kLine);
  if (near == std::string_view::npos || end == std::string_view::npos ||
      end < near + kNear.size()) {
    return std::nullopt;
  }
  const std::string_view excerpt = text.substr(near + kNear.size(), end - near - kNear.size());
  const std::string_view digits = text.substr(end + kLine.size());
  uint64_t line = 0;
  if (!absl::SimpleAtoi(digits.substr(0, digits.find_first_not_of("0123456789")), &line)) {
    return std::nullopt;
  }
  size_t at = 0;
  for (; line > 1; --line) {
    at = statement.find('\n', at);
    if (at == std::string_view::npos) return std::nullopt;
    ++at;
  }
  if (excerpt.empty()) return statement.size();
  // The message has spaces instead of control characters.
  std::string plain(statement);
  for (char& c : plain) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  const size_t found = plain.find(excerpt, at);
  if (found == std::string::npos) return std::nullopt;
  return found;
}

absl::StatusOr<std::vector<std::string_view>> StatementsToReplay(const migrate::Script& script,
                                                                 size_t done) {
  Memory memory;
  for (size_t i = 0; i < std::min(done, script.statements.size()); ++i) {
    memory.Take(script.statements[i].text);
  }
  for (size_t i = done; i < script.statements.size(); ++i) {
    const std::string missing = memory.Misses(script.statements[i].text);
    if (missing.empty()) continue;
    return errs::UserError(
        kOp, errs::kDirty,
        absl::StrCat(script.name, ", line ", script.statements[i].line, ": ", missing,
                     " was made by an earlier statement, on a connection that no longer exists"),
        "complete the migration by hand, then set the version of the database: siphon migrate "
        "force V");
  }
  return memory.again();
}

bool IsOfTheSession(std::string_view statement) { return IsSessionOnly(AllTokens(statement)); }

std::optional<ChangedObject> ChangedBy(std::string_view statement) {
  using Kind = Statement::Kind;
  const std::vector<Token> tokens = AllTokens(statement);
  if (tokens.size() < 3 || Has({tokens[1], tokens[2]}, "TEMPORARY")) return std::nullopt;
  const Statement parsed = Classify(statement);
  switch (parsed.kind) {
    case Kind::kTable:
      // OR REPLACE may create the same definition again, without the rows.
      if (Has({tokens[1], tokens[2]}, "OR")) return std::nullopt;
      break;
    case Kind::kAlterTable:
      // Changes of partitions and files are not always visible in the definition.
      if (Has(tokens, "PARTITION") || Has(tokens, "TABLESPACE")) return std::nullopt;
      break;
    case Kind::kDropTable:
    case Kind::kDropView:
      if (HasSymbol(tokens, ',')) return std::nullopt;
      break;
    case Kind::kIndex:
    case Kind::kView:
    case Kind::kRoutine:
    case Kind::kTrigger:
    case Kind::kEvent:
    case Kind::kDropOther:
      break;
    default:
      return std::nullopt;
  }
  if (parsed.name.empty()) return std::nullopt;
  return ChangedObject{parsed.schema, parsed.name};
}

std::string WithoutCounter(std::string_view create) {
  constexpr std::string_view kCounter = " AUTO_INCREMENT=";
  const size_t at = create.rfind(kCounter);
  if (at == std::string_view::npos) return std::string(create);
  size_t end = at + kCounter.size();
  while (end < create.size() && absl::ascii_isdigit(static_cast<unsigned char>(create[end]))) ++end;
  return absl::StrCat(create.substr(0, at), create.substr(end));
}

}  // namespace siphon::mysqlcommon
