// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/yaml_reader.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/units.h"
#include "siphon/domain/config/closest.h"

namespace siphon::config {
namespace {

// More than any real file needs, and few enough to limit the cost of nested merges.
constexpr int kMaxMergeSteps = 10000;
constexpr int kMaxMergeDepth = 16;

std::string_view KindName(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "text";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a mapping";
  }
  return "unknown";
}

std::string Child(const std::string& where, std::string_view key) {
  return where.empty() ? std::string(key) : absl::StrCat(where, ".", key);
}

// The scalar tags that can be ignored; others ("!!binary", "!vault") change the meaning.
bool IsUsualTag(std::string_view tag) {
  constexpr std::array<std::string_view, 5> kTypes = {"str", "int", "float", "bool", "null"};
  constexpr std::string_view kPrefix = "tag:yaml.org,2002:";
  if (tag.empty()) return true;
  if (!absl::StartsWith(tag, kPrefix)) return false;
  return std::find(kTypes.begin(), kTypes.end(), tag.substr(kPrefix.size())) != kTypes.end();
}

// The words that the YAML library of siphon (Go) reads as booleans.
std::optional<bool> ParseBool(std::string_view text) {
  const std::string lower = absl::AsciiStrToLower(text);
  for (std::string_view word : {"true", "yes", "on", "y"}) {
    if (lower == word) return true;
  }
  for (std::string_view word : {"false", "no", "off", "n"}) {
    if (lower == word) return false;
  }
  return std::nullopt;
}

std::string Is(const YamlNode& node) { return absl::StrCat("is \"", ShownText(node.value), "\""); }

}  // namespace

absl::Status YamlReader::Fail(const YamlNode& node, const std::string& where,
                              std::string_view detail, std::string_view hint) const {
  return ConfigError(path_, node.line, where.empty() ? detail : absl::StrCat(where, ": ", detail),
                     hint);
}

void YamlReader::Note(const YamlNode& node, std::string message) {
  findings_.push_back({node.line, std::move(message)});
}

absl::Status YamlReader::Merge(const YamlNode& source, const std::string& where, int depth,
                               std::map<std::string_view, bool>& seen,
                               std::vector<YamlEntry>& entries) {
  if (++merge_steps_ > kMaxMergeSteps || depth > kMaxMergeDepth) {
    return Fail(source, where, "\"<<\" merges too much, or into itself");
  }
  if (source.kind == YamlNode::Kind::kSequence) {
    for (const YamlNode* item : source.items) {
      RETURN_IF_ERROR(Merge(*item, where, depth + 1, seen, entries));
    }
    return absl::OkStatus();
  }
  if (source.kind != YamlNode::Kind::kMap) {
    return Fail(source, where, absl::StrCat("\"<<\" merges mappings, not ", KindName(source)));
  }
  for (const YamlEntry& entry : source.entries) {
    ++merge_steps_;
    if (entry.key->IsMergeKey()) continue;
    if (seen.emplace(entry.key->value, true).second) entries.push_back(entry);
  }
  for (const YamlEntry& entry : source.entries) {
    if (!entry.key->IsMergeKey()) continue;
    RETURN_IF_ERROR(Merge(*entry.value, where, depth + 1, seen, entries));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<YamlEntry>> YamlReader::Entries(const YamlNode& node,
                                                           const std::string& where) {
  std::vector<YamlEntry> entries;
  if (node.kind == YamlNode::Kind::kNull) return entries;
  if (node.kind != YamlNode::Kind::kMap) {
    return Fail(node, where,
                absl::StrCat("must be a mapping (\"key: value\" lines), is ", KindName(node)));
  }
  merge_steps_ = 0;
  std::map<std::string_view, bool> seen;
  RETURN_IF_ERROR(Merge(node, where, 0, seen, entries));
  return entries;
}

void YamlReader::NoteUnknownKey(const YamlNode& key, const std::string& where,
                                const std::vector<Field>& fields) {
  std::vector<std::string_view> known;
  for (const Field& field : fields) known.push_back(field.key);
  const std::optional<std::string_view> meant = Closest(key.value, known);
  Note(key,
       absl::StrCat("unknown key \"", ShownText(key.value), "\"",
                    where.empty() ? "" : absl::StrCat(" in ", where),
                    meant.has_value() ? absl::StrCat("; did you mean \"", *meant, "\"?") : ""));
}

absl::Status YamlReader::ReadFields(const YamlNode& node, const std::string& where,
                                    const std::vector<Field>& fields) {
  ASSIGN_OR_RETURN(const std::vector<YamlEntry> entries, Entries(node, where));
  for (const YamlEntry& entry : entries) {
    const std::string& key = entry.key->value;
    const auto field =
        std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.key == key; });
    if (field != fields.end()) {
      RETURN_IF_ERROR(field->read(*entry.value, Child(where, key)));
    } else if (!absl::StartsWith(key, "x-")) {
      NoteUnknownKey(*entry.key, where, fields);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Expansion> YamlReader::Text(const YamlNode& node, const std::string& where) {
  if (node.kind == YamlNode::Kind::kNull) return Expansion{};
  if (node.kind != YamlNode::Kind::kScalar) {
    return Fail(node, where, absl::StrCat("must be text, is ", KindName(node)));
  }
  if (!IsUsualTag(node.tag)) {
    return Fail(node, where, absl::StrCat("has the unknown tag \"", ShownText(node.tag), "\""),
                "leave the tag out");
  }
  absl::StatusOr<Expansion> expansion = Expand(node.value, environment_);
  if (!expansion.ok()) {
    const std::optional<errs::Error> error = errs::GetError(expansion.status());
    RETURN_IF_ERROR(
        Defer(expansion.status(),
              Fail(node, where, error.has_value() ? error->detail : expansion.status().message(),
                   error.has_value() ? error->hint : "")));
    return Expansion{};
  }
  if (absl::StrContains(expansion->text, '\0')) return Fail(node, where, "holds a NUL byte");
  return expansion;
}

absl::StatusOr<Expansion> YamlReader::SecretText(const YamlNode& node, const std::string& where) {
  if (node.kind == YamlNode::Kind::kScalar && !IsUsualTag(node.tag)) {
    return Fail(node, where, "has an unknown tag",
                "leave the tag out; put a text that begins with '!' in quotes");
  }
  if (node.kind != YamlNode::Kind::kScalar || IsVariableReference(node.value)) {
    return Text(node, where);
  }
  const absl::Status expansion = Expand(node.value, environment_).status();
  if (expansion.ok()) return Text(node, where);
  // "pa$word" is more likely a secret with a '$' than the name of a variable.
  RETURN_IF_ERROR(Defer(
      expansion,
      Fail(node, where, "has a '$' that does not begin the name of a set environment variable",
           "set the variable, or write $$ for a literal '$'")));
  return Expansion{};
}

absl::Status YamlReader::Defer(const absl::Status& cause, absl::Status failure) {
  const std::optional<errs::Error> error = errs::GetError(cause);
  if (!error.has_value() || error->op != kUnsetVariable) return failure;
  if (unset_.ok()) unset_ = std::move(failure);
  return absl::OkStatus();
}

YamlReader::ReadFunction YamlReader::TextInto(std::string& out) {
  return [this, &out](const YamlNode& node, const std::string& where) -> absl::Status {
    ASSIGN_OR_RETURN(Expansion text, Text(node, where));
    if (!text.text.empty()) out = std::move(text.text);
    return absl::OkStatus();
  };
}

YamlReader::ReadFunction YamlReader::BoolInto(bool& out) {
  return [this, &out](const YamlNode& node, const std::string& where) -> absl::Status {
    ASSIGN_OR_RETURN(const Expansion text, Text(node, where));
    if (text.text.empty()) return absl::OkStatus();
    const std::optional<bool> value = ParseBool(text.text);
    if (!value.has_value()) return Fail(node, where, "must be true or false, " + Is(node));
    out = *value;
    return absl::OkStatus();
  };
}

absl::StatusOr<std::optional<int>> YamlReader::Int(const YamlNode& node, const std::string& where,
                                                   int min, int max) {
  ASSIGN_OR_RETURN(const Expansion text, Text(node, where));
  if (text.text.empty()) return std::nullopt;
  int value = 0;
  const bool is_number = absl::SimpleAtoi(text.text, &value);
  if (is_number && value >= min && value <= max) return value;
  if (is_number && value < 0 && min == 0) {
    return Fail(node, where, "must not be negative, " + Is(node));
  }
  return Fail(node, where,
              absl::StrCat("must be a whole number from ", min, " to ", max, ", ", Is(node)));
}

YamlReader::ReadFunction YamlReader::IntInto(std::optional<int>& out, int min, int max) {
  return [=, this, &out](const YamlNode& node, const std::string& where) -> absl::Status {
    ASSIGN_OR_RETURN(const std::optional<int> value, Int(node, where, min, max));
    if (value.has_value()) out = value;
    return absl::OkStatus();
  };
}

YamlReader::ReadFunction YamlReader::IntInto(int& out, int min, int max) {
  return [=, this, &out](const YamlNode& node, const std::string& where) -> absl::Status {
    ASSIGN_OR_RETURN(const std::optional<int> value, Int(node, where, min, max));
    out = value.value_or(out);
    return absl::OkStatus();
  };
}

YamlReader::ReadFunction YamlReader::DurationInto(std::optional<absl::Duration>& out) {
  return [this, &out](const YamlNode& node, const std::string& where) -> absl::Status {
    ASSIGN_OR_RETURN(const Expansion text, Text(node, where));
    if (text.text.empty() || text.text == "0") return absl::OkStatus();
    const absl::StatusOr<absl::Duration> value = base::ParseDuration(text.text);
    if (!value.ok()) {
      return Fail(node, where, "must be a duration, " + Is(node),
                  "write a number with its unit, as in 720h, 90m or 30d; it can't be negative");
    }
    if (*value > absl::ZeroDuration()) out = *value;
    return absl::OkStatus();
  };
}

YamlReader::ReadFunction YamlReader::PathInto(std::string& out) {
  return [this, &out](const YamlNode& node, const std::string& where) -> absl::Status {
    ASSIGN_OR_RETURN(Expansion path, Text(node, where));
    if (path.text.empty()) return absl::OkStatus();
    if (!absl::StartsWith(path.text, "~/")) {
      out = std::move(path.text);
      return absl::OkStatus();
    }
    const std::string home = environment_.GetOrEmpty("HOME");
    if (home.empty()) {
      return Fail(node, where, "begins with \"~/\", but the environment variable HOME is not set",
                  "write an absolute path");
    }
    out = absl::StrCat(home, path.text.substr(1));
    return absl::OkStatus();
  };
}

}  // namespace siphon::config
