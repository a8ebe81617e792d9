// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/config/expand.h"
#include "siphon/domain/config/text_lines.h"
#include "siphon/domain/config/yaml_tree.h"
#include "siphon/domain/config/yaml_write.h"
#include "siphon/domain/profile/url.h"

namespace siphon::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr int kIndent = 2;

// The text of a configuration, split into lines for an edit of its profiles.
class ProfilesText {
 public:
  // `body` is the text without a byte order mark; it must outlive this object.
  ProfilesText(std::string_view body, const std::string& path, YamlTree tree)
      : body_(body), lines_(body), path_(path), tree_(std::move(tree)) {}

  // Finds `profiles` and its entries. An error if their form does not allow a local change.
  absl::Status Find();

  absl::StatusOr<std::string> Add(const std::vector<std::string>& entry) const;
  absl::StatusOr<std::string> Remove(std::string_view name) const;

  // The error for a form that cannot be changed; `line` is counted from 0.
  absl::Status FormError(int line, std::string_view reason) const;

 private:
  static int LineOf(const YamlNode& node) { return node.line - 1; }
  // The first line of the entry after `index`, or the end of the document.
  int LimitAfter(const std::vector<YamlEntry>& entries, size_t index, int limit) const;
  // True if only spaces precede `key` on its line.
  bool BeginsItsLine(const YamlNode& key) const;
  absl::Status CheckEntries() const;
  // `body_` without a "{}" or "null" after "profiles:".
  absl::StatusOr<std::string> WithoutEmptyValue() const;
  // Inserts `inserted` before `line` of `body`, which has the same lines as `body_`.
  std::string Insert(std::string_view body, int line, int indent,
                     const std::vector<std::string>& inserted) const;

  std::string_view body_;
  TextLines lines_;
  const std::string& path_;
  YamlTree tree_;
  const YamlEntry* profiles_ = nullptr;
  int document_end_ = 0;    // The line of the end.
  int profiles_limit_ = 0;  // The line of the next key.
};

absl::Status ProfilesText::FormError(int line, std::string_view reason) const {
  return ConfigError(path_, line + 1,
                     absl::StrCat("siphon can't change the profiles here: ", reason),
                     "change them by hand, with siphon config edit");
}

bool ProfilesText::BeginsItsLine(const YamlNode& key) const {
  const std::string_view before =
      lines_.Content(LineOf(key)).substr(0, static_cast<size_t>(key.column));
  return before.find_first_not_of(' ') == std::string_view::npos;
}

int ProfilesText::LimitAfter(const std::vector<YamlEntry>& entries, size_t index, int limit) const {
  return index + 1 < entries.size() ? LineOf(*entries[index + 1].key) : limit;
}

absl::Status ProfilesText::Find() {
  const YamlNode& root = tree_.root();
  if (root.kind == YamlNode::Kind::kMap && root.flow) {
    return FormError(LineOf(root), "the whole file is written in braces");
  }
  const int first = root.kind == YamlNode::Kind::kMap ? LineOf(root) + 1 : lines_.count();
  document_end_ = lines_.FindDocumentMark(first);
  for (size_t i = 0; i < root.entries.size(); ++i) {
    const YamlEntry& entry = root.entries[i];
    if (entry.key->value != "profiles") continue;
    profiles_ = &entry;
    profiles_limit_ = LimitAfter(root.entries, i, document_end_);
    if (!BeginsItsLine(*entry.key)) {
      return FormError(LineOf(*entry.key), "the key profiles does not begin its line");
    }
    return CheckEntries();
  }
  return absl::OkStatus();
}

absl::Status ProfilesText::CheckEntries() const {
  const YamlNode& value = *profiles_->value;
  const int line = LineOf(*profiles_->key);
  if (profiles_->alias) return FormError(line, "profiles is an alias");
  if (value.kind != YamlNode::Kind::kMap || value.entries.empty()) return absl::OkStatus();
  if (value.flow) return FormError(line, "the profiles are written in braces");
  int last = line;
  for (const YamlEntry& entry : value.entries) {
    const int entry_line = LineOf(*entry.key);
    if (entry_line <= last || !BeginsItsLine(*entry.key)) {
      return FormError(entry_line, "an entry's key does not begin its line");
    }
    last = entry_line;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ProfilesText::WithoutEmptyValue() const {
  const YamlNode& key = *profiles_->key;
  const int line = LineOf(key);
  const std::string_view content = lines_.Content(line);
  std::string_view rest = content.substr(static_cast<size_t>(key.column));
  const bool quoted =
      absl::ConsumePrefix(&rest, "\"profiles\"") || absl::ConsumePrefix(&rest, "'profiles'");
  if (!quoted && !absl::ConsumePrefix(&rest, "profiles")) {
    return FormError(line, "the key profiles is written in an unusual way");
  }
  rest = absl::StripLeadingAsciiWhitespace(rest);
  if (!absl::ConsumePrefix(&rest, ":")) return FormError(line, "':' is not after the key profiles");
  const size_t cut = lines_.Offset(line) + content.size() - rest.size();
  rest = absl::StripLeadingAsciiWhitespace(rest);
  if (rest.empty() || rest[0] == '#') return std::string(body_);
  for (std::string_view word : {"{}", "~", "null", "Null", "NULL"}) {
    if (!absl::ConsumePrefix(&rest, word)) continue;
    if (!rest.empty() && rest[0] != ' ' && rest[0] != '\t') break;
    const size_t resume = lines_.Offset(line) + content.size() - rest.size();
    return absl::StrCat(body_.substr(0, cut), body_.substr(resume));
  }
  return FormError(line, "profiles has no entries and is written in an unusual way");
}

std::string ProfilesText::Insert(std::string_view body, int line, int indent,
                                 const std::vector<std::string>& inserted) const {
  const std::string_view line_end = lines_.LineEnd();
  // The following lines have moved by the length that was removed after "profiles:".
  const size_t offset = lines_.Offset(line) - (body_.size() - body.size());
  const bool after_open_line = line == lines_.count() && lines_.EndsInsideLine();
  std::string block;
  for (const std::string& text : inserted) {
    absl::StrAppend(&block, after_open_line ? line_end : "",
                    std::string(static_cast<size_t>(indent), ' '), text,
                    after_open_line ? "" : line_end);
  }
  return absl::StrCat(body.substr(0, offset), block, body.substr(offset));
}

absl::StatusOr<std::string> ProfilesText::Add(const std::vector<std::string>& entry) const {
  const YamlNode& root = tree_.root();
  if (profiles_ == nullptr) {
    std::vector<std::string> block = {"profiles:"};
    if (lines_.count() == 0) block.insert(block.begin(), "version: 1");
    for (const std::string& line : entry) {
      block.push_back(absl::StrCat(std::string(kIndent, ' '), line));
    }
    const int indent = root.entries.empty() ? 0 : root.entries[0].key->column;
    return Insert(body_, document_end_, indent, block);
  }
  const YamlNode& value = *profiles_->value;
  const int key_line = LineOf(*profiles_->key);
  const int column = profiles_->key->column;
  if (value.entries.empty()) {
    ASSIGN_OR_RETURN(const std::string body, WithoutEmptyValue());
    const int line = lines_.EntryEnd(key_line, key_line, profiles_limit_, column);
    return Insert(body, line, column + kIndent, entry);
  }
  const YamlEntry& last = value.entries.back();
  const int line = lines_.EntryEnd(LineOf(*last.key), value.end_line - 1, profiles_limit_, column);
  return Insert(body_, line, last.key->column, entry);
}

absl::StatusOr<std::string> ProfilesText::Remove(std::string_view name) const {
  const std::vector<YamlEntry> none;
  const std::vector<YamlEntry>& entries = profiles_ == nullptr ? none : profiles_->value->entries;
  const auto it = std::find_if(entries.begin(), entries.end(),
                               [&](const YamlEntry& entry) { return entry.key->value == name; });
  if (it == entries.end()) {
    return FormError(0, absl::StrCat("the profile \"", name, "\" comes from a merge (\"<<\")"));
  }
  const size_t index = static_cast<size_t>(it - entries.begin());
  const int first = LineOf(*it->key);
  const int at_least = it->alias ? first : it->value->end_line - 1;
  const int limit = LimitAfter(entries, index, profiles_limit_);
  const int end = lines_.EntryEnd(first, at_least, limit, it->key->column);
  std::string_view before = body_.substr(0, lines_.Offset(first));
  const std::string_view after = body_.substr(lines_.Offset(end));
  // If the removed last line had no line end, the new last line gets none, either.
  if (after.empty() && lines_.EndsInsideLine() && absl::ConsumeSuffix(&before, "\n")) {
    absl::ConsumeSuffix(&before, "\r");
  }
  return absl::StrCat(before, after);
}

// Prepares the text of `loaded` for an edit.
struct Edit {
  explicit Edit(std::string_view text) : body(text) {
    has_mark = absl::ConsumePrefix(&body, kByteOrderMark);
  }
  std::string WithMark(std::string_view edited) const {
    return absl::StrCat(has_mark ? kByteOrderMark : "", edited);
  }
  std::string_view body;
  bool has_mark = false;
};

absl::Status CheckProfile(const Loaded& loaded, const profile::Profile& profile) {
  const Config& config = loaded.config;
  RETURN_IF_ERROR(ValidateProfileName(profile.name));
  if (config.profiles.contains(profile.name) || loaded.unusable.contains(profile.name)) {
    return errs::UserError("config", errs::kAlreadyExists,
                           absl::StrCat("the profile \"", profile.name, "\""),
                           "remove it first, or choose another name");
  }
  if (profile.driver.empty()) {
    return errs::UserError("config", errs::kInvalidArgument, "the profile has no driver",
                           "name it with --driver");
  }
  if (profile.port < 0 || profile.port > 65535) {
    return errs::UserError("config", errs::kInvalidArgument,
                           absl::StrCat("the port ", profile.port, " is not from 1 to 65535"));
  }
  if (!profile.group.empty() && !config.groups.contains(profile.group)) {
    return errs::UserError("config", errs::kInvalidArgument,
                           absl::StrCat("there is no group \"", ShownText(profile.group), "\""),
                           "add it under groups: in the configuration first");
  }
  return absl::OkStatus();
}

// Parses an edited text and checks that the configuration equals `expected`.
absl::Status CheckEdited(const std::string& text, const Loaded& before, const Config& expected,
                         const base::Environment& environment, const ProfilesText& form) {
  const absl::StatusOr<Loaded> after = Parse(text, before.path, environment);
  if (!after.ok()) {
    const std::optional<errs::Error> error = errs::GetError(after.status());
    return form.FormError(-1, absl::StrCat("the result would not be a configuration (",
                                           error ? error->detail : "", ")"));
  }
  if (after->config == expected) return absl::OkStatus();
  return form.FormError(-1, "the edit would change other entries");
}

}  // namespace

absl::StatusOr<std::string> AddProfile(const Loaded& loaded, const profile::Profile& profile,
                                       const base::Environment& environment) {
  RETURN_IF_ERROR(CheckProfile(loaded, profile));
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, ProfileLines(profile));
  const Edit edit(loaded.text);
  ASSIGN_OR_RETURN(YamlTree tree, YamlTree::Parse(edit.body, loaded.path));
  ProfilesText form(edit.body, loaded.path, std::move(tree));
  RETURN_IF_ERROR(form.Find());
  ASSIGN_OR_RETURN(const std::string edited, form.Add(lines));
  std::string text = edit.WithMark(edited);

  Config expected = loaded.config;
  profile::Profile& added = expected.profiles[profile.name];
  added = profile;
  // The profile that the new lines describe.
  const auto expand = [&environment](std::string& secret) -> absl::Status {
    if (!IsVariableReference(secret)) return absl::OkStatus();
    ASSIGN_OR_RETURN(Expansion expansion, Expand(secret, environment));
    secret = std::move(expansion.text);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(expand(added.password));
  for (auto& [name, value] : added.parameters) {
    if (profile::IsSecretParameter(name)) RETURN_IF_ERROR(expand(value));
  }
  RETURN_IF_ERROR(CheckEdited(text, loaded, expected, environment, form));
  return text;
}

absl::StatusOr<std::string> RemoveProfile(const Loaded& loaded, std::string_view name,
                                          const base::Environment& environment) {
  const std::string key(name);
  if (!loaded.config.profiles.contains(key) && !loaded.unusable.contains(key)) {
    return errs::UserError("config", errs::kNotFound,
                           absl::StrCat("the profile \"", ShownText(name), "\""),
                           "siphon profile list shows the profiles that exist");
  }
  const Edit edit(loaded.text);
  ASSIGN_OR_RETURN(YamlTree tree, YamlTree::Parse(edit.body, loaded.path));
  ProfilesText form(edit.body, loaded.path, std::move(tree));
  RETURN_IF_ERROR(form.Find());
  ASSIGN_OR_RETURN(const std::string edited, form.Remove(name));
  std::string text = edit.WithMark(edited);

  Config expected = loaded.config;
  expected.profiles.erase(key);
  expected.profile_retention.erase(key);
  RETURN_IF_ERROR(CheckEdited(text, loaded, expected, environment, form));
  return text;
}

}  // namespace siphon::config
