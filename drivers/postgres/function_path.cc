// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/function_path.h"

#include <cstddef>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "drivers/postgres/names.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::postgres {
namespace {

// Enough words for a function with many arguments; its body comes last.
constexpr size_t kMostWords = 2000;

}  // namespace

bool FollowsSearchPath(const ArchiveEntry& entry) {
  if (entry.kind != "FUNCTION") return false;
  int depth = 0;
  std::string before;
  std::string_view language;
  const std::vector<std::string> words =
      sql::LeadingTokens(sql::Dialect::kPostgres, entry.definition, kMostWords);
  // "create function f(...) returns t language l ... set search_path to ... as ..."
  for (const std::string& word : words) {
    if (word == ")") --depth;
    if (depth == 0) {
      if (before == "set" && word == "search_path") return false;
      if (before == "language") language = word;
      // The names in "begin atomic ... end" and "return ..." have been looked up.
      if (word == "begin" || word == "return") return false;
      if (word == "as" && !language.empty()) return language != "c" && language != "internal";
    }
    if (word == "(") ++depth;
    before = word;
  }
  return false;
}

std::string SignatureOf(const ArchiveEntry& entry) {
  std::string_view text = absl::StripSuffix(entry.drop_statement, "\n");
  if (!absl::ConsumePrefix(&text, "DROP FUNCTION ")) return "";
  return std::string(absl::StripSuffix(text, ";"));
}

std::string SetPathSql(const ArchiveEntry& entry, const std::vector<std::string>& schemas) {
  const std::string path =
      absl::StrJoin(schemas, ", ", [](std::string* out, const std::string& schema) {
        absl::StrAppend(out, QuoteIdentifier(schema));
      });
  return absl::StrCat("ALTER FUNCTION ", SignatureOf(entry), " SET search_path TO ", path, ";\n");
}

std::string ResetPathSql(const ArchiveEntry& entry) {
  return absl::StrCat("ALTER FUNCTION ", SignatureOf(entry), " RESET search_path;\n");
}

}  // namespace siphon::postgres
