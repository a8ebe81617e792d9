// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/qualified_sql.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "re2/re2.h"

namespace siphon::testing {
namespace {

constexpr std::string_view kOperatorCharacters = "+-*/<>=~!@#%^&|`?";

struct Token {
  enum class Kind { kWord, kString, kNumber, kOperator, kMark, kHole, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;  // Words in upper case, unless quoted; strings without their quotes.
  bool quoted = false;
};
using Kind = Token::Kind;

bool IsWord(char c) {
  const unsigned char byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || c == '$' || byte >= 0x80;
}

// PostgreSQL's manual, "Lexical Structure".
class Lexer {
 public:
  explicit Lexer(std::string_view sql) : rest_(sql) {}

  std::vector<Token> All() {
    std::vector<Token> tokens;
    while (SkipSpace()) tokens.push_back(Next());
    return tokens;
  }

 private:
  bool SkipSpace() {
    while (!rest_.empty()) {
      if (absl::ascii_isspace(static_cast<unsigned char>(rest_[0]))) {
        rest_.remove_prefix(1);
      } else if (absl::StartsWith(rest_, "--")) {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      } else if (absl::StartsWith(rest_, "/*")) {
        rest_.remove_prefix(std::min(rest_.find("*/"), rest_.size() - 2) + 2);
      } else {
        return true;
      }
    }
    return false;
  }

  std::string Take(size_t size) {
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(text.size());
    return text;
  }

  // A text in `quote`s, which are doubled inside.
  std::string Quoted(char quote, bool escapes) {
    std::string text;
    for (size_t i = 1; i < rest_.size(); ++i) {
      if (escapes && rest_[i] == '\\') {
        text += rest_[++i];
      } else if (rest_[i] != quote) {
        text += rest_[i];
      } else if (i + 1 < rest_.size() && rest_[i + 1] == quote) {
        text += rest_[i++];
      } else {
        rest_.remove_prefix(i + 1);
        return text;
      }
    }
    rest_ = {};
    return text;
  }

  Token Next() {
    const char c = rest_[0];
    if (c == kHole) return {Kind::kHole, Take(1)};
    if (c == '\'') return {Kind::kString, Quoted(c, false)};
    if (c == '"') return {Kind::kWord, Quoted(c, false), true};
    if ((c == 'E' || c == 'e') && rest_.size() > 1 && rest_[1] == '\'') {
      rest_.remove_prefix(1);
      return {Kind::kString, Quoted('\'', true)};
    }
    if (c == '$') return Dollar();
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      return {Kind::kNumber, Take(rest_.find_first_not_of("0123456789.eE"))};
    }
    if (IsWord(c)) {
      size_t end = 0;
      while (end < rest_.size() && IsWord(rest_[end])) ++end;
      return {Kind::kWord, absl::AsciiStrToUpper(Take(end))};
    }
    if (kOperatorCharacters.find(c) != std::string_view::npos) {
      const size_t end = rest_.find_first_not_of(kOperatorCharacters);
      return {Kind::kOperator, Take(end)};
    }
    return {Kind::kMark, Take(absl::StartsWith(rest_, "::") ? 2 : 1)};
  }

  Token Dollar() {
    const size_t end = rest_.find('$', 1);
    const std::string tag(rest_.substr(0, end == std::string_view::npos ? 0 : end + 1));
    if (!RE2::FullMatch(tag, R"(\$(?:[A-Za-z_]\w*)?\$)")) {
      Take(1);
      return {Kind::kNumber, absl::StrCat("$", Take(rest_.find_first_not_of("0123456789")))};
    }
    rest_.remove_prefix(tag.size());
    std::string text = Take(rest_.find(tag));
    rest_.remove_prefix(std::min(rest_.size(), tag.size()));
    return {Kind::kString, std::move(text)};
  }

  std::string_view rest_;
};

const std::set<std::string>& Types() {
  // Keywords that the grammar turns into types of pg_catalog.
  static const auto* const types = new std::set<std::string>{
      "BIGINT", "INTEGER",   "INT",  "SMALLINT", "BOOLEAN", "REAL",      "DOUBLE",   "NUMERIC",
      "CHAR",   "CHARACTER", "TIME", "VARCHAR",  "DECIMAL", "TIMESTAMP", "INTERVAL", "BIT"};
  return *types;
}

// Words that a parenthesis may follow without a call of a function.
const std::set<std::string>& BeforeParenthesis() {
  static const auto* const words = new std::set<std::string>{
      "SELECT",   "FROM",      "WHERE", "AND",      "OR",          "NOT",      "ANY",   "ALL",
      "SOME",     "EXISTS",    "AS",    "ON",       "CASE",        "WHEN",     "THEN",  "ELSE",
      "VALUES",   "ARRAY",     "ROW",   "UNION",    "JOIN",        "COALESCE", "WITH",  "OPERATOR",
      "LATERAL",  "EXTRACT",   "CAST",  "FILTER",   "OVER",        "BY",       "LIMIT", "IN",
      "KEY",      "RETURNING", "USING", "GREATEST", "LEAST",       "NULLIF",   "SET",   "IF",
      "DISTINCT", "UNIQUE",    "CHECK", "ONLY",     "MATERIALIZED"};
  return *words;
}

// Words that a string may follow without being the name of its type.
const std::set<std::string>& BeforeString() {
  static const auto* const words = new std::set<std::string>{
      "SELECT", "WHERE", "AND",  "OR",     "WHEN",  "THEN",   "ELSE",    "ZONE",
      "TO",     "AS",    "CASE", "LIKE",   "ILIKE", "ESCAPE", "BETWEEN", "IS",
      "BY",     "IN",    "NOT",  "RETURN", "FROM",  "USING"};
  return *words;
}

class Checker {
 public:
  Checker(std::string_view sql, SearchPath path, std::set<std::string> names)
      : path_(path), tokens_(Lexer(sql).All()), names_(std::move(names)) {
    FindNames();
  }

  const std::set<std::string>& names() const { return names_; }

  std::vector<std::string> Run() {
    for (at_ = 0; at_ < tokens_.size(); ++at_) {
      if (Is(0, ";")) statement_ = at_ + 1;
      if (Is(0, "(")) opened_.push_back(at_);
      if (Is(0, ")") && !opened_.empty()) opened_.pop_back();
      CheckRelation();
      if (path_ == SearchPath::kEmpty) {
        CheckBody();
        continue;
      }
      CheckOperator();
      CheckCall();
      CheckCast();
      CheckKeyword();
      CheckTypedString();
      CheckColumnType();
    }
    return std::move(problems_);
  }

 private:
  // The token at an offset from the current one.
  const Token& T(int offset) const {
    static const Token* const end = new Token;
    const auto index = static_cast<int64_t>(at_) + offset;
    return index < 0 || index >= static_cast<int64_t>(tokens_.size())
               ? *end
               : tokens_[static_cast<size_t>(index)];
  }
  bool Is(int offset, std::string_view text) const {
    const Token& token = T(offset);
    return token.text == text && !token.quoted && token.kind != Kind::kString;
  }
  bool IsWord(int offset) const { return T(offset).kind == Kind::kWord; }
  bool IsCatalog(int offset) const {
    return IsWord(offset) && absl::AsciiStrToLower(T(offset).text) == "pg_catalog" &&
           Is(offset + 1, ".");
  }
  void Report(std::string_view what) {
    std::string near;
    for (int i = -2; i <= 3; ++i) absl::StrAppend(&near, T(i).text, " ");
    problems_.push_back(absl::StrCat(what, " near \"", absl::StripAsciiWhitespace(near), "\""));
  }

  // Names of WITH and of variables, which stand for no relation of a schema.
  void FindNames() {
    for (at_ = 0; at_ < tokens_.size(); ++at_) {
      const bool with = Is(0, "AS") && Is(1, "(");
      if (with && IsWord(-1)) names_.insert(T(-1).text);
      // touched(oid) AS (
      if (with && Is(-1, ")")) {
        int back = -2;
        while (T(back).kind != Kind::kEnd && !Is(back, "(")) --back;
        names_.insert(T(back - 1).text);
      }
    }
  }

  // Inside EXTRACT(x FROM y), after IS DISTINCT, before the roles of REVOKE, and in SET x FROM
  // CURRENT.
  bool IsOtherFrom() const {
    if (Is(-1, "DISTINCT") || tokens_[0].text == "REVOKE") return true;
    if (opened_.empty() && tokens_[0].text == "ALTER" && Is(1, "CURRENT")) return true;
    if (opened_.empty() && tokens_[0].text == "COPY") return true;  // FROM STDIN
    if (opened_.empty() || opened_.back() == 0) return false;
    const std::string& before = tokens_[opened_.back() - 1].text;
    return before == "EXTRACT" || before == "TRIM" || before == "SUBSTRING" || before == "OVERLAY";
  }

  void CheckRelation() {
    const bool from = Is(0, "FROM") && !IsOtherFrom();
    if (from) lists_.insert(opened_.size());
    for (const std::string_view word : {"WHERE", "GROUP", "ORDER", "LIMIT", "HAVING", "UNION", ")",
                                        "SET", "LOOP", ";", "SELECT"}) {
      if (Is(0, word)) lists_.erase(opened_.size() + (word == ")" ? 1 : 0));
    }
    const bool listed = Is(0, ",") && lists_.contains(opened_.size());
    const bool into = Is(0, "INTO") && Is(-1, "INSERT");
    const bool update = Is(0, "UPDATE") && !Is(-1, "FOR") && !Is(-1, "DO");
    const bool copy = Is(0, "COPY") && at_ == 0;
    if (!from && !listed && !into && !update && !copy && !Is(0, "JOIN") && !Is(0, "TABLE")) return;
    int next = 1;
    while (Is(next, "ONLY") || Is(next, "LATERAL") || Is(next, "IF") || Is(next, "NOT") ||
           Is(next, "EXISTS")) {
      ++next;
    }
    if (!IsWord(next) || Is(next + 1, ".")) return;
    // A function, or a query in parentheses.
    if ((from || listed || Is(0, "JOIN")) && Is(next + 1, "(")) return;
    if (names_.contains(T(next).text)) return;
    Report(absl::StrCat("relation ", T(next).text));
  }

  // The body of DO.
  void CheckBody() {
    if (T(0).kind != Kind::kString || !Is(-1, "DO")) return;
    for (std::string& problem : Checker(T(0).text, path_, names_).Run()) {
      problems_.push_back(std::move(problem));
    }
  }

  bool IsAssignment() const {
    if (T(0).text != "=" || !opened_.empty()) return false;
    if (tokens_[statement_].text == "SET") return true;
    bool update = false;  // Also after PREPARE name AS.
    for (size_t i = statement_; i < at_; ++i) {
      if (tokens_[i].text == "WHERE") return false;
      update = update || tokens_[i].text == "UPDATE";
    }
    return update && IsWord(-1) && (Is(-2, "SET") || Is(-2, ","));
  }

  void CheckOperator() {
    if (T(0).kind != Kind::kOperator) return;
    if (Is(-1, ".") && IsCatalog(-2) && Is(-3, "(") && Is(-4, "OPERATOR")) return;
    const bool star = T(0).text == "*";
    if (star && (Is(-1, "SELECT") || Is(-1, "(") || Is(-1, ",") || Is(-1, "."))) return;
    const bool sign = T(0).text == "-" && T(1).kind == Kind::kNumber;
    if (sign && Is(-1, ")") && T(-2).kind == Kind::kOperator) return;
    if (sign && (Is(-1, "(") || Is(-1, ",") || Is(-1, "SELECT") || Is(-1, "="))) return;
    if (IsAssignment()) return;
    Report(absl::StrCat("operator ", T(0).text));
  }

  void CheckCall() {
    if (!IsWord(0) || !Is(1, "(")) return;
    if (!T(0).quoted && BeforeParenthesis().contains(T(0).text) && !Is(-1, ".")) return;
    if (Is(-1, ".")) {
      // The columns of INSERT INTO schema.table (...) or CREATE TABLE.
      const bool relation = Is(-3, "INTO") || Is(-3, "EXISTS") || Is(-3, "TABLE") || Is(-3, "COPY");
      if (!IsCatalog(-2) && !relation) Report(absl::StrCat("function ", T(0).text));
      return;
    }
    // Prepared statements and names of WITH are not in a schema.
    if (Is(-1, "EXECUTE") || Is(-1, "PREPARE") || names_.contains(T(0).text)) return;
    if (Types().contains(T(0).text)) return;
    Report(absl::StrCat("function ", T(0).text));
  }

  void CheckType(int offset, std::string_view what) {
    if (IsCatalog(offset) || T(offset).kind == Kind::kHole) return;
    if (IsWord(offset) && !T(offset).quoted && Types().contains(T(offset).text)) return;
    Report(absl::StrCat(what, " ", T(offset).text));
  }

  void CheckCast() {
    if (Is(0, "::")) CheckType(1, "cast to");
    if (Is(0, "AS") && !opened_.empty() && opened_.back() > 0 &&
        tokens_[opened_.back() - 1].text == "CAST") {
      CheckType(1, "cast to");
    }
    if (Is(0, "COLLATE") && !IsCatalog(1)) Report("collation");
  }

  // What the grammar turns into operators without a schema.
  void CheckKeyword() {
    for (const std::string_view word :
         {"IN", "BETWEEN", "LIKE", "ILIKE", "SIMILAR", "NULLIF", "NATURAL", "OVERLAPS"}) {
      if (Is(0, word) && !Is(-1, ".") && !Is(1, ".")) Report(absl::StrCat("operator of ", word));
    }
    if (Is(0, "DISTINCT") && Is(1, "FROM")) Report("operator of DISTINCT FROM");
    if (Is(0, "USING") && Is(1, "(")) Report("operator of USING");
    if (Is(0, "CASE") && !Is(1, "WHEN")) Report("operator of a simple CASE");
    if ((Is(0, "GREATEST") || Is(0, "LEAST")) && Is(1, "("))
      Report("operator of GREATEST or LEAST");
  }

  void CheckTypedString() {
    if (T(0).kind != Kind::kString || !IsWord(-1) || IsCatalog(-3)) return;
    const Token& before = T(-1);
    if (!before.quoted && BeforeString().contains(before.text)) return;
    if (!before.quoted && Types().contains(before.text)) return;
    Report(absl::StrCat("type ", before.text));
  }

  // The columns of CREATE TABLE.
  void CheckColumnType() {
    if (opened_.size() != 1 || tokens_[statement_].text != "CREATE") return;
    if (!(Is(0, "(") && opened_.back() == at_) && !Is(0, ",")) return;
    if (!IsWord(1) || Is(1, "PRIMARY") || Is(1, "CONSTRAINT") || Is(1, "UNIQUE")) return;
    ++at_;
    CheckType(1, "type");
    --at_;
  }

  const SearchPath path_;
  const std::vector<Token> tokens_;
  std::set<std::string> names_;
  size_t at_ = 0;
  size_t statement_ = 0;        // Where the current statement begins.
  std::vector<size_t> opened_;  // Open parentheses.
  std::set<size_t> lists_;      // Depths of parentheses at which a list of FROM is being read.
  std::vector<std::string> problems_;
};

// Reads C++ up to its literals.
class SourceReader {
 public:
  explicit SourceReader(std::string_view source) : source_(source) {}

  std::vector<SqlText> Run() {
    while (at_ < source_.size()) {
      const std::string_view rest = source_.substr(at_);
      if (absl::StartsWith(rest, "//")) {
        Skip(rest.find('\n'));
      } else if (absl::StartsWith(rest, "R\"")) {
        const size_t open = rest.find('(');
        const std::string close = absl::StrCat(")", rest.substr(2, open - 2), "\"");
        const size_t end = rest.find(close);
        Literal(std::string(rest.substr(open + 1, end - open - 1)), end + close.size());
      } else if (rest[0] == '"') {
        Ordinary(rest);
      } else if (rest[0] == '\'' && rest.size() > 2 && (at_ == 0 || !IsWord(source_[at_ - 1]))) {
        Skip(rest.find('\'', rest[1] == '\\' ? 3 : 2) + 1);
      } else {
        Code(rest[0]);
      }
    }
    Flush();
    return std::move(texts_);
  }

 private:
  void Skip(size_t size) {
    const std::string_view skipped = source_.substr(at_, size);
    line_ += static_cast<int>(std::count(skipped.begin(), skipped.end(), '\n'));
    at_ += skipped.size();
  }

  void Ordinary(std::string_view rest) {
    std::string text;
    size_t i = 1;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
      if (rest[i] != '\\') {
        text += rest[i];
      } else {
        ++i;
        text += rest[i] == 'n' ? '\n' : rest[i];
      }
    }
    Literal(text, i + 1);
  }

  void Literal(const std::string& text, size_t size) {
    if (sql_.empty()) first_line_ = line_;
    if (!sql_.empty() && code_between_) sql_ += {' ', kHole, ' '};
    sql_ += text;
    code_between_ = false;
    Skip(size);
  }

  void Code(char c) {
    if (!absl::ascii_isspace(static_cast<unsigned char>(c))) code_between_ = true;
    if (c == ';' || c == '{' || c == '}') Flush();
    Skip(1);
  }

  void Flush() {
    static const RE2* const sql = new RE2(
        R"re(\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|WHERE|FROM|JOIN|OPERATOR|CASE WHEN|UNION|pg_catalog)\b)re");
    if (RE2::PartialMatch(sql_, *sql)) texts_.push_back({first_line_, sql_});
    sql_.clear();
    code_between_ = false;
  }

  std::string_view source_;
  size_t at_ = 0;
  int line_ = 1, first_line_ = 1;
  bool code_between_ = false;
  std::string sql_;
  std::vector<SqlText> texts_;
};

}  // namespace

std::vector<std::string> Unqualified(std::string_view sql, SearchPath path,
                                     const std::set<std::string>& names) {
  return Checker(sql, path, names).Run();
}

std::set<std::string> NamesOfQueries(std::string_view sql) {
  return Checker(sql, SearchPath::kEmpty, {}).names();
}

std::vector<SqlText> SqlTextsIn(std::string_view source) { return SourceReader(source).Run(); }

}  // namespace siphon::testing
