// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/set_statement.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::mysqlcommon {
namespace {

using Scope = Assignment::Scope;
using Value = Assignment::Value;

constexpr std::string_view kMode = "sql_mode";
constexpr std::string_view kClient = "character_set_client";

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isascii(static_cast<unsigned char>(c)) && c != '\0';
  });
}

// Reads the assignments of one statement.
class SetParser {
 public:
  SetParser(std::string_view sql, const Syntax& syntax, const CommentRule& rule)
      : reader_(sql, syntax, rule) {}

  std::optional<std::vector<Assignment>> Run() {
    if (!reader_.Next().Is("SET")) return std::nullopt;
    do {
      if (!One()) return std::nullopt;
    } while (Take(','));
    if (reader_.Next().kind != Token::Kind::kEnd || reader_.versioned() != 0) return std::nullopt;
    return std::move(assignments_);
  }

 private:
  bool Take(char symbol) {
    if (!reader_.Peek().IsSymbol(symbol)) return false;
    reader_.Next();
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (!reader_.Peek().Is(word)) return false;
    reader_.Next();
    return true;
  }

  bool One() {
    const Token token = reader_.Next();
    if (token.kind != Token::Kind::kWord && token.kind != Token::Kind::kName) return false;
    if (token.Is("NAMES")) return Names();
    if (token.Is("CHARSET") || (token.Is("CHARACTER") && TakeWord("SET"))) return CharacterSet();
    for (const std::string_view word : {"GLOBAL", "PERSIST", "PERSIST_ONLY", "SESSION", "LOCAL"}) {
      if (!token.Is(word) || reader_.Peek().IsSymbol('=')) continue;
      const bool session = word == "SESSION" || word == "LOCAL";
      const Token name = reader_.Next();
      // No server takes a scope before "@name" or "@@name", which say their own.
      if (name.kind == Token::Kind::kWord && absl::StartsWith(name.text, "@")) return false;
      return Variable(name, session ? Scope::kSession : Scope::kServer);
    }
    return Variable(token, Scope::kSession);
  }

  // "name = value", "@name = value", "@@session.name = value", beginning with `token`.
  bool Variable(Token token, Scope scope) {
    Assignment assignment;
    if (!Name(token, scope, assignment.scope, assignment.name)) return false;
    Take(':');
    if (!Take('=') || !ReadValue(assignment)) return false;
    assignments_.push_back(std::move(assignment));
    return true;
  }

  // The name of a variable; `scope` is that of a bare name.
  bool Name(const Token& token, Scope bare, Scope& scope, std::string& name) {
    scope = bare;
    std::string text = absl::AsciiStrToLower(token.Value());
    std::string_view rest = text;
    if (token.kind == Token::Kind::kWord && absl::ConsumePrefix(&rest, "@@")) {
      text = std::string(rest);
      scope = Scope::kSession;
      if (reader_.Peek().IsSymbol('.')) {
        if (text == "global" || text == "persist" || text == "persist_only") {
          scope = Scope::kServer;
        } else if (text != "session" && text != "local") {
          return false;
        }
        reader_.Next();
        text = absl::AsciiStrToLower(reader_.Next().Value());
      }
    } else if (token.kind == Token::Kind::kWord && absl::ConsumePrefix(&rest, "@")) {
      text = std::string(rest);
      scope = Scope::kUser;
      // "@`name`"
      if (text.empty()) {
        const Token quoted = reader_.Next();
        if (quoted.kind != Token::Kind::kName && quoted.kind != Token::Kind::kString) return false;
        text = absl::AsciiStrToLower(quoted.Value());
      }
    }
    // A component's variable, or a structured one.
    if (reader_.Peek().IsSymbol('.')) return false;
    name = std::move(text);
    return !name.empty() && IsAscii(name) && !absl::StrContains(name, '@');
  }

  bool ReadValue(Assignment& assignment) {
    Token token = reader_.Next();
    const bool negative = token.IsSymbol('-');
    if (negative) token = reader_.Next();
    if (token.kind == Token::Kind::kString && !negative) return Text(token, assignment);
    if (token.kind != Token::Kind::kWord) return false;
    if (token.text[0] == '@') {
      Scope scope;
      if (negative || !Name(token, Scope::kSession, scope, assignment.value)) return false;
      assignment.kind = scope == Scope::kUser     ? Value::kUserVariable
                        : scope == Scope::kServer ? Value::kServerVariable
                                                  : Value::kSessionVariable;
      return AtEndOfValue();
    }
    // For the server, a word ends before '@'; a sign comes before a number.
    if (absl::StrContains(token.text, '@')) return false;
    if (negative && !absl::ascii_isdigit(static_cast<unsigned char>(token.text[0]))) return false;
    // "_latin1'text'"
    if (token.text[0] == '_' && reader_.Peek().kind == Token::Kind::kString) {
      return Text(reader_.Next(), assignment);
    }
    assignment.value = std::string(token.text);
    assignment.kind = token.Is("DEFAULT") ? Value::kDefault : Value::kWord;
    // "1.5"
    if (absl::ascii_isdigit(static_cast<unsigned char>(token.text[0])) && Take('.')) {
      assignment.value += '.';
      const Token fraction = reader_.Peek();
      if (fraction.kind == Token::Kind::kWord &&
          absl::ascii_isdigit(static_cast<unsigned char>(fraction.text[0]))) {
        assignment.value += reader_.Next().text;
      }
    }
    return IsAscii(assignment.value) && AtEndOfValue();
  }

  bool Text(const Token& token, Assignment& assignment) {
    assignment.kind = Value::kText;
    assignment.value = token.Value();
    bool closed = token.closed;
    // 'one' 'string'
    while (closed && reader_.Peek().kind == Token::Kind::kString) {
      const Token more = reader_.Next();
      assignment.value += more.Value();
      closed = more.closed;
    }
    return closed && AtEndOfValue();
  }

  bool AtEndOfValue() {
    const Token next = reader_.Peek();
    return next.kind == Token::Kind::kEnd || next.IsSymbol(',');
  }

  // "NAMES charset [COLLATE collation]"
  bool Names() {
    Assignment value;
    if (!Charset(value)) return false;
    for (const std::string_view name : {kClient, std::string_view("character_set_results"),
                                        std::string_view("character_set_connection")}) {
      value.name = std::string(name);
      assignments_.push_back(value);
    }
    if (TakeWord("COLLATE")) {
      value.name = "collation_connection";
      if (!Charset(value)) return false;
      assignments_.push_back(value);
    }
    return AtEndOfValue();
  }

  bool CharacterSet() {
    Assignment value;
    if (!Charset(value)) return false;
    for (const std::string_view name : {kClient, std::string_view("character_set_results")}) {
      value.name = std::string(name);
      assignments_.push_back(value);
    }
    return AtEndOfValue();
  }

  bool Charset(Assignment& value) {
    const Token token = reader_.Next();
    if (token.kind != Token::Kind::kWord && token.kind != Token::Kind::kString) return false;
    value.kind = token.Is("DEFAULT")                  ? Value::kDefault
                 : token.kind == Token::Kind::kString ? Value::kText
                                                      : Value::kWord;
    value.value = token.Value();
    return IsAscii(value.value) && token.closed;
  }

  TokenReader reader_;
  std::vector<Assignment> assignments_;
};

}  // namespace

std::optional<std::vector<Assignment>> ParseSet(std::string_view sql, const Syntax& syntax,
                                                const CommentRule& rule) {
  return SetParser(sql, syntax, rule).Run();
}

std::optional<std::string> ScriptSettings::ValueOf(const Assignment& assignment) const {
  switch (assignment.kind) {
    case Value::kText:
    case Value::kWord:
      return assignment.value;
    case Value::kUserVariable: {
      const auto it = saved_.find(assignment.value);
      if (it == saved_.end()) return std::nullopt;
      return it->second;
    }
    case Value::kSessionVariable:
      if (assignment.value == kMode) return sql_mode_;
      if (assignment.value == kClient) return charset_;
      return std::nullopt;
    case Value::kServerVariable:
    case Value::kDefault:
      return std::nullopt;
  }
  return std::nullopt;
}

bool ScriptSettings::Knows(const std::vector<Assignment>& assignments) const {
  // A server may evaluate all values first, or one after the other.
  const auto reads = [](const Assignment& reader, const Assignment& written) {
    return reader.value == written.name &&
           ((reader.kind == Value::kUserVariable && written.scope == Scope::kUser) ||
            (reader.kind == Value::kSessionVariable && written.scope == Scope::kSession));
  };
  for (size_t i = 0; i < assignments.size(); ++i) {
    if (!KnowsOne(assignments[i])) return false;
    for (size_t k = 0; k < i; ++k) {
      if (reads(assignments[i], assignments[k])) return false;
    }
  }
  return true;
}

bool ScriptSettings::KnowsOne(const Assignment& assignment) const {
  if (assignment.scope != Scope::kSession ||
      (assignment.name != kMode && assignment.name != kClient)) {
    return true;
  }
  const std::optional<std::string> value = ValueOf(assignment);
  if (!value.has_value()) return false;
  uint64_t number = 0;
  if (assignment.name == kMode && *value == "0") return true;
  return IsAscii(*value) && !absl::SimpleAtoi(*value, &number) && !absl::StartsWith(*value, "0x");
}

bool ScriptSettings::ReadsAs(const ScriptSettings& other) const {
  return syntax_ == other.syntax_ &&
         std::equal(saved_.begin(), saved_.end(), other.saved_.begin(), other.saved_.end(),
                    [](const auto& a, const auto& b) {
                      return a.first == b.first &&
                             sql::QuotingOf(a.second) == sql::QuotingOf(b.second) &&
                             sql::CharsetOf(a.second) == sql::CharsetOf(b.second);
                    });
}

void ScriptSettings::Apply(const std::vector<Assignment>& assignments) {
  for (const Assignment& assignment : assignments) {
    if (assignment.scope == Scope::kServer) continue;
    const std::optional<std::string> value = ValueOf(assignment);
    if (assignment.scope == Scope::kUser) {
      if (value.has_value()) {
        saved_[assignment.name] = *value;
      } else {
        saved_.erase(assignment.name);
      }
      continue;
    }
    if (!value.has_value()) continue;
    if (assignment.name == kMode) {
      sql_mode_ = *value;
      const sql::Quoting quoting = sql::QuotingOf(sql_mode_);
      syntax_.backslash_escapes = quoting.backslash_escapes;
      syntax_.ansi_quotes = quoting.ansi_quotes;
    } else if (assignment.name == kClient) {
      charset_ = absl::AsciiStrToLower(*value);
      syntax_.charset = sql::CharsetOf(charset_);
      syntax_.high_spaces = sql::HighSpacesOf(charset_);
    }
  }
}

}  // namespace siphon::mysqlcommon
