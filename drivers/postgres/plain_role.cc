// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/plain_role.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <unordered_set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/statistics.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::postgres {
namespace {

using Words = std::vector<std::string>;

// PostgreSQL's manual, "SQL Commands": what only superusers may create. Servers and foreign tables
// need a right on their wrapper.
constexpr std::string_view kOfSuperusers[] = {
    "ACCESS METHOD",      "FOREIGN DATA WRAPPER", "FOREIGN TABLE", "OPERATOR CLASS",
    "OPERATOR FAMILY",    "PROCEDURAL LANGUAGE",  "SERVER",        "SHELL TYPE",
    "TEXT SEARCH PARSER", "TEXT SEARCH TEMPLATE"};
// Comments on objects of others.
constexpr std::string_view kForeignComments[] = {"EXTENSION ", "SCHEMA public", "LANGUAGE ",
                                                 "PROCEDURAL LANGUAGE "};
constexpr std::string_view kTypes[] = {"TYPE", "DOMAIN", "TABLE", "VIEW", "MATERIALIZED VIEW"};
constexpr std::string_view kRelations[] = {"FOREIGN TABLE", "MATERIALIZED VIEW", "SEQUENCE",
                                           "TABLE", "VIEW"};
// Parts of a relation, which are not named apart from it.
constexpr std::string_view kParts[] = {
    "COMMENT",      "CONSTRAINT", "DEFAULT",      "FK CONSTRAINT",          "INDEX",
    "INDEX ATTACH", "RULE",       "SEQUENCE SET", "MATERIALIZED VIEW DATA", "STATISTICS",
    "TABLE ATTACH", "TABLE DATA", "TRIGGER",      "SEQUENCE OWNED BY",      kStatisticsKind};
// Enough words for a function with many arguments; its body comes last.
constexpr size_t kMostWords = 2000;

// The words of a definition, without those in parentheses.
Words OuterWords(std::string_view definition) {
  Words outer;
  int depth = 0;
  for (std::string& word : sql::LeadingTokens(sql::Dialect::kPostgres, definition, kMostWords)) {
    if (word == ")") --depth;
    const bool opens = word == "(";
    if (depth == 0) outer.push_back(std::move(word));
    if (opens) ++depth;
  }
  return outer;
}

bool Has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsSuperusersFunction(const ArchiveEntry& entry, const PlainRoleFacts& facts) {
  const Words words = OuterWords(entry.definition);
  // "... name(arguments) RETURNS type LANGUAGE name options AS body"
  const auto begin = std::find(words.begin(), words.end(), ")");
  const auto end = std::find_if(begin, words.end(), [](const std::string& word) {
    return word == "as" || word == "begin" || word == "return";
  });
  const Words options(begin, end);
  if (Has(options, "leakproof") || Has(options, "support")) return true;
  const auto language = std::find(options.begin(), options.end(), "language");
  return language != options.end() && std::next(language) != options.end() &&
         !facts.languages.contains(*std::next(language));
}

// "CREATE TYPE public.complex (", unlike "CREATE TYPE public.pair AS ("
bool IsBaseType(const ArchiveEntry& entry) {
  const Words words = OuterWords(entry.definition);
  const auto sign = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return word == "(" || word == "as";
  });
  return sign != words.end() && *sign == "(";
}

// The state of an aggregate is a pointer of C functions.
bool HasInternalState(const ArchiveEntry& entry) {
  const Words words = sql::LeadingTokens(sql::Dialect::kPostgres, entry.definition, kMostWords);
  for (size_t i = 0; i + 2 < words.size(); ++i) {
    if ((words[i] == "stype" || words[i] == "mstype") && words[i + 2] == "internal") return true;
  }
  return false;
}

std::string DisplayEntry(const Archive& archive, const ArchiveEntry& entry) {
  const std::string tag = ArchiveText(archive, entry.tag);
  if (entry.kind == "CAST") return tag;
  if (entry.kind == "TABLE DATA") return absl::StrCat("rows of ", EntryName(archive, entry));
  const std::string kind = absl::AsciiStrToLower(entry.kind);
  // "f(integer)", which is no name to be quoted.
  if (absl::StrContains(tag, "(")) {
    return absl::StrCat(kind, " ", ArchiveText(archive, entry.schema), ".", tag);
  }
  return absl::StrCat(kind, " ", EntryName(archive, entry));
}

// Decides about the entries of a plan.
class PlainRole {
 public:
  PlainRole(const Archive& archive, const PlainRoleFacts& facts, const RestorePlan& plan)
      : archive_(archive), facts_(facts), plan_(plan) {
    for (const ArchiveEntry* entry : plan.entries) {
      if (IsOneOf(entry->kind, kTypes)) types_.insert(entry->id);
      if (entry->kind == "TABLE" || entry->kind == "MATERIALIZED VIEW") tables_.insert(entry->id);
      if (entry->kind == "SEQUENCE") tables_.insert(entry->id);
    }
  }

  // Not needed, because it exists or cannot matter.
  bool IsNeedless(const ArchiveEntry& entry) const {
    if (entry.kind == "EXTENSION") return facts_.extensions.contains(Name(entry));
    if (entry.kind == "SCHEMA") return facts_.schemas.contains(Name(entry));
    if (entry.kind != "COMMENT") return false;
    return std::any_of(
        std::begin(kForeignComments), std::end(kForeignComments),
        [&](std::string_view prefix) { return absl::StartsWith(entry.tag, prefix); });
  }

  bool NeedsSuperuser(const ArchiveEntry& entry) const {
    if (IsOneOf(entry.kind, kOfSuperusers) || entry.kind == "EXTENSION") return true;
    if (entry.kind == "TYPE") return IsBaseType(entry);
    if (entry.kind == "AGGREGATE") return HasInternalState(entry);
    if (entry.kind == "FUNCTION" || entry.kind == "PROCEDURE") {
      return IsSuperusersFunction(entry, facts_);
    }
    // Between types of others.
    if (entry.kind == "CAST" || entry.kind == "TRANSFORM") return !DependsOn(entry, types_);
    // The rows of an extension's table.
    return entry.kind == "TABLE DATA" && !tables_.empty() && !DependsOn(entry, tables_);
  }

  // What needs a superuser, and what depends on that.
  std::vector<const ArchiveEntry*> LeftOut() const {
    EntryIds ids;
    std::vector<const ArchiveEntry*> entries;
    const auto add = [&](const ArchiveEntry* entry) {
      if (ids.insert(entry->id).second) entries.push_back(entry);
    };
    for (const ArchiveEntry* entry : plan_.entries) {
      if (!IsNeedless(*entry) && NeedsSuperuser(*entry)) add(entry);
    }
    for (size_t before = 0; before != entries.size();) {
      before = entries.size();
      for (const ArchiveEntry* entry : plan_.entries) {
        if (!IsNeedless(*entry) && DependsOn(*entry, ids)) add(entry);
      }
    }
    return entries;
  }

 private:
  std::string Name(const ArchiveEntry& entry) const { return ArchiveText(archive_, entry.tag); }

  const Archive& archive_;
  const PlainRoleFacts& facts_;
  const RestorePlan& plan_;
  EntryIds types_;
  EntryIds tables_;
};

// Removes an identifier from the beginning of `text`.
std::optional<std::string> TakeIdentifier(std::string_view& text) {
  std::string name;
  size_t i = 0;
  if (absl::StartsWith(text, "\"")) {
    for (i = 1; i < text.size(); ++i) {
      if (text[i] == '"' && text.substr(i + 1, 1) != "\"") break;
      if (text[i] == '"') ++i;
      name += text[i];
    }
    if (i >= text.size()) return std::nullopt;
    ++i;
  } else {
    while (i < text.size() &&
           (absl::ascii_islower(static_cast<unsigned char>(text[i])) ||
            absl::ascii_isdigit(static_cast<unsigned char>(text[i])) || text[i] == '_')) {
      name += text[i++];
    }
  }
  if (name.empty()) return std::nullopt;
  text.remove_prefix(i);
  return name;
}

}  // namespace

std::vector<verbs::LeftOut> KeepToPlainRole(const Archive& archive, const PlainRoleFacts& facts,
                                            RestorePlan& plan) {
  const PlainRole role(archive, facts, plan);
  const std::vector<const ArchiveEntry*> left_out = role.LeftOut();
  EntryIds relations;
  for (const ArchiveEntry* entry : left_out) {
    if (IsOneOf(entry->kind, kRelations)) relations.insert(entry->id);
  }
  std::vector<verbs::LeftOut> result;
  for (const ArchiveEntry* entry : left_out) {
    if (IsOneOf(entry->kind, kParts) && DependsOn(*entry, relations)) continue;
    result.push_back(
        {DisplayEntry(archive, *entry), entry->kind == "TABLE" ? EntryName(archive, *entry) : ""});
  }
  const std::unordered_set<const ArchiveEntry*> gone(left_out.begin(), left_out.end());
  std::erase_if(plan.entries, [&](const ArchiveEntry* entry) {
    return gone.contains(entry) || role.IsNeedless(*entry);
  });
  return result;
}

std::optional<ExtensionName> ParseExtension(std::string_view definition) {
  ExtensionName extension;
  if (!absl::ConsumePrefix(&definition, "CREATE EXTENSION IF NOT EXISTS ")) return std::nullopt;
  const std::optional<std::string> name = TakeIdentifier(definition);
  if (!name.has_value() || !absl::ConsumePrefix(&definition, " WITH SCHEMA ")) return std::nullopt;
  const std::optional<std::string> schema = TakeIdentifier(definition);
  if (!schema.has_value() || absl::StripAsciiWhitespace(definition) != ";") return std::nullopt;
  return ExtensionName{*name, *schema};
}

}  // namespace siphon::postgres
