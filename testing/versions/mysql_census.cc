// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/versions/mysql_census.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "drivers/mysqlcommon/server_facts.h"
#include "drivers/mysqlcommon/tokens.h"
#include "testing/versions/mysql_vocabulary.h"

namespace siphon::testing {
namespace {

using driver::Version;
using mysqlcommon::Fork;
using mysqlcommon::ServerFact;
using mysqlcommon::Token;
using mysqlcommon::TokenReader;

// The most bytes of a statement that a refusal and a record show.
constexpr size_t kShown = 200;

// A version as it stands in a versioned comment: 80023, or 101106 for MariaDB.
int NumberOf(const Version& version) {
  return version.major * 10000 + version.minor * 100 + version.patch;
}

// True when the server executes a comment that begins with "/*!" or, with `mariadb_only`, "/*M!".
bool Executes(const Fork& fork, const Version& version, bool mariadb_only, int number) {
  if (mariadb_only && !fork.mariadb) return false;
  // MariaDB takes what is for MySQL from 5.7 on for a comment.
  if (fork.mariadb && !mariadb_only && number >= 50700 && number <= 99999) return false;
  return number <= NumberOf(version);
}

// The words of a statement, in upper case. Numbers, strings, quoted names and user variables are
// left out; "@@session.sql_mode" is SESSION and SQL_MODE.
std::vector<std::string> WordsOf(std::string_view sql) {
  std::vector<std::string> words;
  TokenReader reader(sql);
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    std::string_view text = token.text;
    if (token.kind != Token::Kind::kWord) continue;
    if (!absl::ConsumePrefix(&text, "@@") && text[0] == '@') continue;
    if (text.empty() || absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) continue;
    words.push_back(absl::AsciiStrToUpper(text));
  }
  return words;
}

// The number of words from `at` on that are the fact's spelling; 0 when they are not.
size_t Spelled(const ServerFact& fact, const std::vector<std::string>& words, size_t at) {
  const std::vector<std::string_view> spelling = absl::StrSplit(fact.spelling, ' ');
  if (words.size() - at < spelling.size()) return 0;
  const auto begin = words.begin() + static_cast<std::ptrdiff_t>(at);
  return std::equal(spelling.begin(), spelling.end(), begin) ? spelling.size() : 0;
}

// What a server says to SQL that it does not know.
MysqlVersionProxy::Verdict Refuse(ServerFact::Kind kind, std::string_view what) {
  switch (kind) {
    case ServerFact::Kind::kVariable:
      return {"", 1193, absl::StrCat("Unknown system variable '", what, "'")};
    case ServerFact::Kind::kColumn:
      return {"", 1054, absl::StrCat("Unknown column '", what, "' in 'field list'")};
    case ServerFact::Kind::kFunction:
      return {"", 1305, absl::StrCat("FUNCTION ", what, " does not exist")};
    case ServerFact::Kind::kStatement:
      break;
  }
  return {"", 1064, absl::StrCat("You have an error in your SQL syntax near '", what, "'")};
}

// A statement that MySQL before `until` answers differently, and SQL that gives that answer on 9.7.
struct Answer {
  Version until;
  std::string_view statement;  // In these words.
  std::string_view asked, instead;
};
constexpr Answer kAnswers[] = {
    // The same columns under the name that 8.4 took away.
    {{8, 4, 0}, "SHOW MASTER STATUS", "MASTER STATUS", "BINARY LOG STATUS"},
    // The character set was called utf8 (8.0's manual, 10.9.2 The utf8mb3 Character Set).
    {{8, 0, 28},
     "CHARACTER_SET_NAME EXTRA",
     "character_set_name",
     "REPLACE(character_set_name,'utf8mb3','utf8')"},
};

}  // namespace

std::string AsReadBy(std::string_view sql, const Fork& fork, const Version& version) {
  std::string out;
  while (true) {
    const size_t open = std::min(sql.find("/*!"), sql.find("/*M!"));
    if (open == std::string_view::npos) break;
    absl::StrAppend(&out, sql.substr(0, open));
    sql.remove_prefix(open + 2);
    const bool mariadb_only = absl::ConsumePrefix(&sql, "M");
    sql.remove_prefix(1);
    size_t digits = 0;
    while (digits < sql.size() && absl::ascii_isdigit(static_cast<unsigned char>(sql[digits]))) {
      ++digits;
    }
    int number = 0;
    (void)absl::SimpleAtoi(sql.substr(0, digits), &number);
    const size_t end = std::min(sql.find("*/"), sql.size());
    absl::StrAppend(&out, Executes(fork, version, mariadb_only, number)
                              ? sql.substr(digits, end - digits)
                              : std::string_view(" "));
    sql.remove_prefix(std::min(end + 2, sql.size()));
  }
  absl::StrAppend(&out, sql);
  return out;
}

MysqlCensus::MysqlCensus(const Fork& fork, std::string_view version)
    : fork_(fork),
      version_text_(version),
      version_(driver::ParseVersion(version).value_or(Version())) {}

MysqlVersionProxy::Verdict MysqlCensus::Judge(std::string_view sql) {
  const std::vector<std::string> words = WordsOf(AsReadBy(sql, fork_, version_));
  MysqlVersionProxy::Verdict verdict = JudgeWords(sql, words);
  const std::lock_guard lock(mutex_);
  seen_.insert(absl::StrJoin(words, " ").substr(0, kShown));
  if (verdict.error != 0) {
    refused_.push_back(absl::StrCat(verdict.message, ": ", sql.substr(0, kShown)));
  }
  return verdict;
}

MysqlVersionProxy::Verdict MysqlCensus::JudgeWords(std::string_view sql,
                                                   const std::vector<std::string>& words) const {
  for (size_t at = 0; at < words.size();) {
    const ServerFact* fact = nullptr;
    size_t length = 0;
    bool accepted = false;
    for (const ServerFact& each : mysqlcommon::kServerFacts) {
      const size_t spelled = Spelled(each, words, at);
      if (spelled == 0) continue;
      fact = &each;
      length = spelled;
      accepted = accepted || mysqlcommon::Accepts(each, fork_, version_);
    }
    if (fact != nullptr && !accepted) return Refuse(fact->kind, fact->spelling);
    if (fact == nullptr && !IsKnownEverywhere(words[at])) {
      return Refuse(ServerFact::Kind::kStatement,
                    absl::StrCat(words[at], "' (neither in server_facts.h nor in the vocabulary)"));
    }
    at += std::max<size_t>(length, 1);
  }
  return {Answerable(sql), 0, ""};
}

std::string MysqlCensus::Answerable(std::string_view sql) const {
  std::string text(sql);
  if (fork_.mariadb) return text;
  const std::string words = absl::StrJoin(WordsOf(sql), " ");
  if (words == "SELECT VERSION MAX_ALLOWED_PACKET LIMIT") {
    return absl::StrReplaceAll(text, {{"version()", absl::StrCat("'", version_text_, "'")}});
  }
  for (const Answer& answer : kAnswers) {
    if (version_ < answer.until && absl::StrContains(words, answer.statement)) {
      text = absl::StrReplaceAll(text, {{answer.asked, answer.instead}});
    }
  }
  return text;
}

std::vector<std::string> MysqlCensus::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

bool MysqlCensus::Saw(std::string_view words) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(seen_.begin(), seen_.end(), [&](const std::string& statement) {
    return absl::StrContains(absl::StrCat(" ", statement, " "), absl::StrCat(" ", words, " "));
  });
}

}  // namespace siphon::testing
