// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/regression/mysql_test_script.h"

#include <map>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"

namespace siphon::testing {
namespace {

// The leading letters and underscores of a command, in lower case.
std::string FirstWord(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && (absl::ascii_isalpha(text[end]) || text[end] == '_')) ++end;
  return absl::AsciiStrToLower(text.substr(0, end));
}

std::string_view Behind(std::string_view text, std::string_view word) {
  return absl::StripAsciiWhitespace(text.substr(word.size()));
}

// Reads a script as mariadb-test does, and returns the statements that it would send on the first
// connection outside of blocks.
class Reader {
 public:
  explicit Reader(std::string_view script) : rest_(script) {}

  std::optional<std::string_view> Next() {
    while (true) {
      rest_ = absl::StripLeadingAsciiWhitespace(rest_);
      if (rest_.empty()) return std::nullopt;
      if (rest_[0] == '#') {
        TakeLine();
      } else if (rest_[0] == '}') {
        rest_.remove_prefix(1);
        if (depth_ > 0) --depth_;
      } else if (absl::StartsWith(rest_, "--")) {
        const std::string_view whole = rest_;
        const std::string_view line = absl::StripAsciiWhitespace(TakeLine().substr(2));
        if (!OpensBlock(whole, FirstWord(line))) Obey(line);
      } else if (!OpensBlock(rest_, FirstWord(rest_))) {
        const std::string_view text = absl::StripAsciiWhitespace(TakeToDelimiter());
        const bool sent = !Obey(text) && depth_ == 0 && !elsewhere_;
        if (sent && !text.empty()) return text;
      }
    }
  }

 private:
  std::string_view TakeLine() {
    const size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return line;
  }

  // Only quotes hide a delimiter; a comment does not, as in mariadb-test.
  std::string_view TakeToDelimiter() {
    const std::string_view all = rest_;
    char quote = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      const char c = all[i];
      if (quote != 0) {
        if (c == '\\') {
          ++i;
        } else if (c == quote) {
          quote = 0;
        }
      } else if (absl::StartsWith(all.substr(i), delimiter_)) {
        rest_.remove_prefix(i + delimiter_.size());
        return all.substr(0, i);
      } else if (c == '\'' || c == '"' || c == '`') {
        quote = c;
      }
    }
    rest_ = {};
    return all;
  }

  // Skips to the position after the "{" of an "if (...) {".
  bool OpensBlock(std::string_view from, std::string_view word) {
    if (word != "if" && word != "while") return false;
    const size_t brace = from.find('{');
    rest_ = brace == std::string_view::npos ? std::string_view() : from.substr(brace + 1);
    ++depth_;
    return true;
  }

  void SkipHereDocument(std::string_view end) {
    while (!rest_.empty() && absl::StripAsciiWhitespace(TakeLine()) != end) {
    }
  }

  // True for commands that change how the rest of the script is read.
  bool Obey(std::string_view text) {
    const std::string word = FirstWord(text);
    const std::string_view argument = Behind(text, word);
    if (word == "delimiter") {
      if (!argument.empty()) delimiter_ = std::string(argument);
    } else if (word == "perl" || word == "write_file" || word == "append_file") {
      const std::vector<std::string_view> words =
          absl::StrSplit(argument, absl::ByAnyChar(" \t"), absl::SkipEmpty());
      const size_t before = word == "perl" ? 0 : 1;
      SkipHereDocument(words.size() > before ? words[before] : "EOF");
    } else if (word == "connect" || word == "change_user") {
      elsewhere_ = true;
    } else if (word == "connection") {
      elsewhere_ = argument != "default";
    } else if (word == "exit" || word == "skip" || word == "die") {
      if (depth_ == 0) rest_ = {};
    } else {
      return false;
    }
    return true;
  }

  std::string_view rest_;
  std::string delimiter_ = ";";
  int depth_ = 0;           // Of blocks.
  bool elsewhere_ = false;  // On another connection.
};

bool IsWanted(std::string_view statement, std::string_view verb) {
  static const auto* const kVerbs = new absl::flat_hash_set<std::string_view>{
      "alter", "call", "create", "delete", "insert", "rename", "replace", "set", "update"};
  static const LazyRE2 kBeyond = {
      R"((?is)^(?:create|alter)\s+(?:or\s+replace\s+)?(?:database|schema|user|role|server|temporary)\b)"
      R"(|^alter\s.*\b(?:tablespace|(?:dis|en)able\s+keys)\b)"
      R"(|^set\b.*\b(?:global|persist|password|role|transaction|autocommit|debug\w*|read_only)"
      R"(|max_statement_time|\w*lock_wait_timeout|pseudo_\w+)\b)"
      R"(|\b(?:sleep|benchmark)\s*\()"};
  static const LazyRE2 kCondition = {R"((?i)\bwhere\b)"};
  if (!kVerbs->contains(verb) || RE2::PartialMatch(statement, *kBeyond)) return false;
  return verb != "delete" || RE2::PartialMatch(statement, *kCondition);
}

// A name with or without quotes, as written.
constexpr char kName[] = R"((`[^`]+`|[^\s`"'.,;()@=]+))";

// The name with a number: `a b` is `a b__1`.
std::string Numbered(std::string_view name, int number) {
  const bool quoted = absl::ConsumeSuffix(&name, "`");
  return absl::StrCat(name, "__", number, quoted ? "`" : "");
}

// Replaces DROP by statements that keep the object, and renames later objects of the same name.
class Keeper {
 public:
  void Keep(std::string_view statement, std::vector<std::string>& out) {
    const std::string verb = FirstWord(statement);
    if (verb == "drop") {
      KeepDropped(statement, out);
    } else if (IsWanted(statement, verb)) {
      out.push_back(verb == "create" ? WithFreeName(statement) : std::string(statement));
    }
  }

 private:
  void KeepDropped(std::string_view statement, std::vector<std::string>& out) {
    static const LazyRE2 kRelations = {
        R"((?is)^drop\s+(?:tables?|view)\s+(?:if\s+exists\s+)?(.*?)(?:\s+(?:restrict|cascade))?$)"};
    static const RE2* const kOne = new RE2(absl::StrCat("(?s)^", kName, "$"));
    static const RE2* const kObject = new RE2(absl::StrCat(
        R"((?is)^drop\s+(trigger|procedure|function|event|sequence)\s+(?:if\s+exists\s+)?)", kName,
        "$"));
    std::string_view names;
    std::string kind, name;
    if (RE2::FullMatch(statement, *kRelations, &names)) {
      for (std::string_view one : absl::StrSplit(names, ',')) {
        one = absl::StripAsciiWhitespace(one);
        if (!RE2::FullMatch(one, *kOne)) continue;
        const int number = ++dropped_[absl::StrCat("table ", one)];
        out.push_back(absl::StrCat("RENAME TABLE IF EXISTS ", one, " TO ", Numbered(one, number)));
      }
    } else if (RE2::FullMatch(statement, *kObject, &kind, &name)) {
      ++dropped_[absl::StrCat(absl::AsciiStrToLower(kind), " ", name)];
    }
  }

  std::string WithFreeName(std::string_view statement) const {
    static const RE2* const kCreate = new RE2(absl::StrCat(
        R"((?is)^(create\s+(?:or\s+replace\s+)?(?:definer\s*=\s*\S+\s+)?(?:aggregate\s+)?)"
        R"((trigger|procedure|function|event|sequence)\s+(?:if\s+not\s+exists\s+)?))",
        kName, R"((.*)$)"));
    std::string_view head, rest;
    std::string kind, name;
    if (RE2::FullMatch(statement, *kCreate, &head, &kind, &name, &rest)) {
      const auto found = dropped_.find(absl::StrCat(absl::AsciiStrToLower(kind), " ", name));
      if (found != dropped_.end()) return absl::StrCat(head, Numbered(name, found->second), rest);
    }
    return std::string(statement);
  }

  std::map<std::string, int> dropped_;  // How often, by "trigger t1".
};

}  // namespace

std::vector<std::string> FillingStatements(std::string_view script) {
  std::vector<std::string> statements;
  Keeper keeper;
  Reader reader(script);
  while (const std::optional<std::string_view> statement = reader.Next()) {
    keeper.Keep(*statement, statements);
  }
  return statements;
}

}  // namespace siphon::testing
