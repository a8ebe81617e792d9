// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The names of collations in both forks.

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "drivers/mysqlcommon/translate.h"

namespace siphon::mysqlcommon {
namespace {

// Languages in the names of collations, in MySQL and in MariaDB.
struct LanguageRule {
  std::string_view mysql, mariadb;
};
constexpr LanguageRule kLanguages[] = {
    {"cs", "czech"},     {"da", "danish"},        {"de_pb", "german2"}, {"eo", "esperanto"},
    {"es", "spanish"},   {"es_trad", "spanish2"}, {"et", "estonian"},   {"hr", "croatian"},
    {"hu", "hungarian"}, {"is", "icelandic"},     {"la", "roman"},      {"lt", "lithuanian"},
    {"lv", "latvian"},   {"pl", "polish"},        {"ro", "romanian"},   {"sk", "slovak"},
    {"sl", "slovenian"}, {"sv", "swedish"},       {"tr", "turkish"},    {"vi", "vietnamese"}};

std::string Joined(std::initializer_list<std::string_view> parts) {
  std::vector<std::string_view> some;
  for (const std::string_view part : parts) {
    if (!part.empty()) some.push_back(part);
  }
  return absl::StrJoin(some, "_");
}

}  // namespace

bool CountsSpacesAtTheEnd(std::string_view collation) {
  return absl::StrContains(collation, "_nopad") || absl::StrContains(collation, "_0900_") ||
         collation == "binary";
}

std::string Translator::Collation(std::string_view name) const {
  const std::string lower = absl::AsciiStrToLower(name);
  if (collations_.contains(lower)) return std::string(name);
  const std::vector<std::string_view> parts = absl::StrSplit(lower, '_');
  const auto has = [&](std::string_view part) {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  };
  const std::string_view charset = parts[0];
  const std::string_view accents = has("as") ? "as" : "ai";
  const std::string_view letters = has("cs") && parts.back() != "0900" ? "cs" : "ci";
  std::vector<std::string> candidates;
  if (to_->mariadb && absl::StrContains(lower, "0900")) {
    std::string_view language;
    for (const LanguageRule& rule : kLanguages) {
      if (absl::StartsWith(lower, absl::StrCat(charset, "_", rule.mysql, "_0900_"))) {
        language = rule.mariadb;
      }
    }
    if (parts.back() == "bin") candidates.push_back(absl::StrCat(charset, "_nopad_bin"));
    const std::string_view sensitive = absl::StrContains(lower, "_as_cs") ? "cs" : "ci";
    candidates.push_back(Joined({charset, "uca1400", language, "nopad", accents, sensitive}));
    candidates.push_back(Joined({charset, "uca1400", "nopad", accents, sensitive}));
  } else if (!to_->mariadb && (has("uca1400") || has("nopad"))) {
    std::string_view language;
    for (const LanguageRule& rule : kLanguages) {
      if (has(rule.mariadb)) language = rule.mysql;
    }
    if (parts.back() == "bin") {
      candidates.push_back(absl::StrCat(charset, "_0900_bin"));
      candidates.push_back(absl::StrCat(charset, "_bin"));
    } else if (has("uca1400")) {
      // MySQL has none that is case-sensitive and accent-insensitive.
      const std::string_view strict = letters == "cs" ? "as" : accents;
      candidates.push_back(Joined({charset, language, "0900", strict, letters}));
      candidates.push_back(Joined({charset, "0900", strict, letters}));
      candidates.push_back(absl::StrCat(charset, "_unicode_520_ci"));
    } else {
      // MySQL's only ones that count spaces at the end.
      candidates.push_back(absl::StrCat(charset, "_0900_ai_ci"));
      candidates.push_back(absl::StrReplaceAll(lower, {{"_nopad", ""}}));
    }
  }
  for (std::string& candidate : candidates) {
    if (collations_.contains(candidate)) return std::move(candidate);
  }
  return std::string(name);
}

}  // namespace siphon::mysqlcommon
