// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/allowed_statements.h"
#include "drivers/mysqlcommon/late_keys.h"
#include "drivers/mysqlcommon/set_statement.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tokens.h"

namespace {

using siphon::mysqlcommon::CommentRule;
using siphon::mysqlcommon::Judgement;
using siphon::mysqlcommon::ParseSet;
using siphon::mysqlcommon::ScriptSettings;
using siphon::mysqlcommon::StatementJudge;
using siphon::mysqlcommon::Syntax;
using Kind = siphon::mysqlcommon::Statement::Kind;

void Require(bool condition, std::string_view what, std::string_view sql) {
  if (condition) return;
  std::fprintf(stderr, "not so: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(sql.size()), sql.data());
  std::abort();
}

bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The statement outside of quotes: words in upper case, "'" for quoted text, single signs, "/*".
std::vector<std::string> Outside(std::string_view sql, const Syntax& syntax) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    if (c == '\'' || c == '"' || c == '`') {
      const bool escapes =
          syntax.backslash_escapes && c != '`' && !(c == '"' && syntax.ansi_quotes);
      for (++i; i < sql.size() && sql[i] != c; ++i) {
        if (escapes && sql[i] == '\\') ++i;
      }
      ++i;
      parts.emplace_back("'");
    } else if (IsWordByte(c)) {
      size_t end = i;
      while (end < sql.size() && IsWordByte(sql[end])) ++end;
      parts.push_back(absl::AsciiStrToUpper(sql.substr(i, end - i)));
      i = end;
    } else {
      const size_t size = sql.substr(i, 2) == "/*" ? 2 : 1;
      if (!absl::ascii_isspace(static_cast<unsigned char>(c))) {
        parts.emplace_back(sql.substr(i, size));
      }
      i += size;
    }
  }
  return parts;
}

bool HasBody(Kind kind) {
  return kind == Kind::kView || kind == Kind::kRoutine || kind == Kind::kTrigger ||
         kind == Kind::kEvent;
}

bool IsNumeral(const std::string& part) {
  return absl::ascii_isdigit(static_cast<unsigned char>(part[0])) &&
         part.find_first_not_of("0123456789ABCDEFX") == std::string::npos;
}

// Whether the part of a SET statement is the value of a variable, which may be that of the server's
// or a word, or the name of a character set or collation.
bool IsValue(const std::vector<std::string>& parts, size_t i) {
  if (i < 2) return false;
  const std::string& before = parts[i - 1];
  return before == "=" || before == "@" || before == "NAMES" || before == "CHARSET" ||
         before == "COLLATE" || (before == "SET" && parts[i - 2] == "CHARACTER");
}

void CheckBodiless(const Judgement& judgement, std::string_view sql, const Syntax& syntax) {
  static const auto* const kForbidden = new std::set<std::string>{
      "SELECT", "OUTFILE", "DUMPFILE", "LOAD_FILE", "GRANT",        "HANDLER",
      "CALL",   "SONAME",  "GLOBAL",   "PERSIST",   "PERSIST_ONLY", "PASSWORD"};
  const std::vector<std::string> parts = Outside(sql, syntax);
  const Kind kind = judgement.statement.kind;
  const std::string name = absl::AsciiStrToUpper(judgement.statement.name);
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    // Elsewhere, these words may be names.
    const bool setval = kind == Kind::kSetval && i == 0;
    const bool definite = kind == Kind::kTable || kind == Kind::kRows ||
                          kind == Kind::kAlterTable || kind == Kind::kIndex;
    Require(setval || kind == Kind::kSet || part != "SELECT", "no SELECT", sql);
    // A column may have the name; a call has a parenthesis.
    const bool call = i + 1 < parts.size() && parts[i + 1] == "(";
    const bool named = part == name || (i > 0 && parts[i - 1] == "@");
    Require(!definite || part != "LOAD_FILE" || !call || named, "no such function", sql);
    Require(i > 0 || part != "HANDLER", "no such statement", sql);
    if (kind == Kind::kSet) {
      Require(IsValue(parts, i) || !kForbidden->contains(part), part, sql);
    }
    Require(part != ";" && part != "#" && part != "\\" && part != "/*", "a sign", sql);
    if (i == 0) continue;
    const bool followed = i + 1 < parts.size() && part == ".";
    if (followed && kind != Kind::kSet) {
      // "@name.more" and "@@session.name" are variables.
      const bool variable = i > 1 && parts[i - 2] == "@";
      const auto is_name = [](const std::string& text) {
        return text == "'" || (IsWordByte(text[0]) && !IsNumeral(text));
      };
      const bool named = !variable && is_name(parts[i - 1]) && is_name(parts[i + 1]);
      Require(!named, "a qualified name", sql);
    }
  }
}

// A table's definition is one again without its secondary keys, and the statement that adds them
// concerns the same table.
void CheckLateKeys(std::string_view create, const std::string& table, const CommentRule& rule,
                   const ScriptSettings& settings) {
  const auto keys = siphon::mysqlcommon::SplitKeys(create, settings.syntax());
  if (!keys.has_value()) return;
  Require(keys->create.size() < create.size(), "a shorter definition", create);
  for (const auto& [sql, kind] :
       {std::pair(keys->create, Kind::kTable), {keys->alter, Kind::kAlterTable}}) {
    const Judgement judgement = StatementJudge(rule).Judge(sql, settings);
    Require(judgement.action == Judgement::Action::kRun && !judgement.sql.has_value() &&
                judgement.statement.kind == kind && judgement.statement.name == table,
            "a statement about the table", sql);
  }
}

void Check(std::string_view sql, const CommentRule& rule, const ScriptSettings& settings) {
  StatementJudge judge(rule);
  judge.Judge("USE db", settings);
  const Judgement judgement = judge.Judge(sql, settings);
  if (judgement.action == Judgement::Action::kRefuse) {
    Require(!judgement.reason.empty() || sql.empty(), "a reason", sql);
    return;
  }
  if (judgement.action == Judgement::Action::kSkip) return;
  const std::string run = judgement.sql.value_or(std::string(sql));
  const Kind kind = judgement.statement.kind;
  Require(kind != Kind::kOther && kind != Kind::kSetGlobal && kind != Kind::kDatabase, "a kind",
          sql);
  if (HasBody(kind)) {
    const std::vector<std::string> parts = Outside(run.substr(0, 200), settings.syntax());
    Require(!parts.empty() && parts[0] == "CREATE", "an object is created", sql);
    return;
  }
  if (settings.syntax().charset == siphon::sql::Charset::kPlain) {
    CheckBodiless(judgement, run, settings.syntax());
  }
  if (kind == Kind::kTable) CheckLateKeys(run, judgement.statement.name, rule, settings);
  // The statement to run gets the same judgement for any server, and stays unchanged.
  for (const CommentRule& other :
       {CommentRule{.all = true, .mariadb = rule.mariadb},
        CommentRule{.all = false, .mariadb = rule.mariadb, .version = 1}}) {
    StatementJudge fresh(other);
    const Judgement again = fresh.Judge(run, settings);
    Require(again.action == Judgement::Action::kRun && !again.sql.has_value(), "the same again",
            run);
    Require(again.statement.name == judgement.statement.name && again.rows == judgement.rows,
            "the same object", run);
  }
}

}  // namespace

// The first byte selects the settings and the server; the rest is the statement.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr std::string_view kSets[] = {"SET sql_mode=''", "SET sql_mode='NO_BACKSLASH_ESCAPES'",
                                        "SET sql_mode='ANSI_QUOTES'", "SET NAMES gbk",
                                        "SET NAMES latin1"};
  ScriptSettings settings;
  settings.Apply(*ParseSet(kSets[data[0] % 5], {}, {}));
  const std::string_view sql(reinterpret_cast<const char*>(data) + 1, size - 1);
  Check(sql, {.all = false, .mariadb = data[0] >= 128, .version = data[0] >= 128 ? 110809 : 90704},
        settings);
  // Whatever a SET statement says, following it must end.
  if (const auto assignments = ParseSet(sql, settings.syntax(), {}); assignments.has_value()) {
    settings.Knows(*assignments);
    settings.Apply(*assignments);
  }
  return 0;
}
