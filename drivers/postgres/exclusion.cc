// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/exclusion.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
constexpr std::string_view kOption = "--exclude-object";

// Sorted by `word`. A word may stand for several kinds of an archive; the first word of a kind is
// its usual one.
constexpr ObjectKind kKinds[] = {
    {"access-method", "ACCESS METHOD"},
    {"aggregate", "AGGREGATE", NameForm::kRoutine},
    {"cast", "CAST", NameForm::kText},
    {"collation", "COLLATION"},
    {"comment", "COMMENT", NameForm::kText},
    {"constraint", "CONSTRAINT", NameForm::kOfTable},
    {"constraint", "CHECK CONSTRAINT", NameForm::kOfTable},
    {"constraint", "FK CONSTRAINT", NameForm::kOfTable},
    {"conversion", "CONVERSION"},
    {"default", "DEFAULT", NameForm::kOfTable},
    {"default-privileges", "DEFAULT ACL", NameForm::kText},
    {"domain", "DOMAIN"},
    {"event-trigger", "EVENT TRIGGER"},
    {"extension", "EXTENSION"},
    {"fk-constraint", "FK CONSTRAINT", NameForm::kOfTable},
    {"foreign-data-wrapper", "FOREIGN DATA WRAPPER"},
    {"foreign-table", "FOREIGN TABLE"},
    {"function", "FUNCTION", NameForm::kRoutine},
    {"index", "INDEX"},
    {"language", "PROCEDURAL LANGUAGE"},
    {"large-object", "BLOB", NameForm::kLargeObject},
    {"large-object", "BLOB METADATA", NameForm::kLargeObject},
    {"materialized-view", "MATERIALIZED VIEW"},
    {"materialized-view-data", "MATERIALIZED VIEW DATA"},
    {"operator", "OPERATOR", NameForm::kText},
    {"operator-class", "OPERATOR CLASS"},
    {"operator-family", "OPERATOR FAMILY"},
    {"policy", "POLICY", NameForm::kOfTable},
    {"procedure", "PROCEDURE", NameForm::kRoutine},
    {"publication", "PUBLICATION"},
    {"rule", "RULE", NameForm::kOfTable},
    {"schema", "SCHEMA"},
    {"security-label", "SECURITY LABEL", NameForm::kText},
    {"sequence", "SEQUENCE"},
    {"server", "SERVER"},
    {"statistics", "STATISTICS"},
    {"subscription", "SUBSCRIPTION"},
    {"table", "TABLE"},
    {"table-data", "TABLE DATA"},
    {"text-search-configuration", "TEXT SEARCH CONFIGURATION"},
    {"text-search-dictionary", "TEXT SEARCH DICTIONARY"},
    {"text-search-parser", "TEXT SEARCH PARSER"},
    {"text-search-template", "TEXT SEARCH TEMPLATE"},
    {"transform", "TRANSFORM", NameForm::kText},
    {"trigger", "TRIGGER", NameForm::kOfTable},
    {"type", "TYPE"},
    {"user-mapping", "USER MAPPING", NameForm::kText},
    {"view", "VIEW"},
};

}  // namespace

const ObjectKind* KindOf(const ArchiveEntry& entry) {
  for (const ObjectKind& kind : kKinds) {
    if (kind.of_archive == entry.kind) return &kind;
  }
  return nullptr;
}

const ObjectKind* KindOf(const ArchiveEntry& entry, std::string_view word) {
  for (const ObjectKind& kind : kKinds) {
    if (kind.word == word && kind.of_archive == entry.kind) return &kind;
  }
  return nullptr;
}

bool HasForm(std::string_view word, NameForm form) {
  return std::any_of(std::begin(kKinds), std::end(kKinds), [&](const ObjectKind& kind) {
    return kind.word == word && kind.form == form;
  });
}

std::string WithoutSpaces(std::string_view text) { return absl::StrReplaceAll(text, {{" ", ""}}); }

size_t ArgumentsAt(std::string_view text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '(' && !quoted) return i;
  }
  return std::string_view::npos;
}

absl::StatusOr<Exclusion> ReadExclusion(const std::string& text) {
  Exclusion exclusion;
  exclusion.text = text;
  const size_t colon = text.find(':');
  exclusion.word = text.substr(0, colon);
  const bool known = std::any_of(std::begin(kKinds), std::end(kKinds), [&](const ObjectKind& kind) {
    return kind.word == exclusion.word;
  });
  if (!known || colon == std::string::npos || colon + 1 == text.size()) {
    std::vector<std::string_view> words;
    for (const ObjectKind& kind : kKinds) {
      if (words.empty() || words.back() != kind.word) words.push_back(kind.word);
    }
    return errs::UserError(
        kOp, errs::kInvalidArgument,
        absl::StrCat(kOption, " ", text,
                     known ? " has no name" : " does not begin with a kind of objects"),
        absl::StrCat("write KIND:NAME; the kinds are ", absl::StrJoin(words, ", ")));
  }
  exclusion.name = text.substr(colon + 1);
  if (HasForm(exclusion.word, NameForm::kText)) return exclusion;
  if (HasForm(exclusion.word, NameForm::kRoutine)) {
    const size_t at = ArgumentsAt(exclusion.name);
    if (at != std::string::npos) {
      exclusion.arguments = WithoutSpaces(exclusion.name.substr(at));
      exclusion.name.resize(at);
    }
  }
  ASSIGN_OR_RETURN(
      exclusion.pattern,
      NamePattern::Of(exclusion.name, HasForm(exclusion.word, NameForm::kOfTable) ? 3 : 2));
  return exclusion;
}

}  // namespace siphon::postgres
