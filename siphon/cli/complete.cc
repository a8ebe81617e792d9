// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/complete.h"

#include <algorithm>

#include "CLI/App.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace siphon::cli {
namespace {

const CLI::App* FindSubcommand(const CLI::App& app, const std::string& name) {
  for (const CLI::App* sub : app.get_subcommands({})) {
    if (sub->get_name() == name) return sub;
  }
  return nullptr;
}

// The option named `word`, of `app` or else of `root`: global options may follow a command.
const CLI::Option* FindOption(const CLI::App& app, const CLI::App& root, const std::string& word) {
  if (!absl::StartsWith(word, "-")) return nullptr;
  const CLI::Option* option = app.get_option_no_throw(word);
  return option != nullptr ? option : root.get_option_no_throw(word);
}

// The values of an option or argument: those that its type lists, "TOOLS:{auto,system}", or else
// those of `values`.
std::vector<std::string> ValuesOf(
    const CLI::Option& option,
    const std::function<std::vector<std::string>(std::string_view type)>& values) {
  const std::string type = option.get_type_name();
  const size_t colon = type.find(":{");
  if (colon == std::string::npos || !absl::EndsWith(type, "}")) return values(type);
  return absl::StrSplit(type.substr(colon + 2, type.size() - colon - 3), ',');
}

void AppendOptions(const CLI::App& app, std::vector<std::string>& candidates) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      candidates.push_back(absl::StrCat("--", name));
    }
  }
}

}  // namespace

std::vector<std::string> Complete(
    const CLI::App& root, const std::vector<std::string>& words,
    const std::function<std::vector<std::string>(std::string_view type)>& values) {
  const std::string current = words.empty() ? "" : words.back();
  const CLI::App* app = &root;
  const CLI::Option* pending = nullptr;  // The option whose value is the next word.
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (pending != nullptr) {
      pending = nullptr;
      continue;
    }
    if (const CLI::App* sub = FindSubcommand(*app, words[i]); sub != nullptr) {
      app = sub;
      continue;
    }
    const CLI::Option* option = FindOption(*app, root, words[i]);
    if (option != nullptr && option->get_expected_max() > 0) pending = option;
  }

  std::vector<std::string> candidates;
  if (pending != nullptr) {
    candidates = ValuesOf(*pending, values);
  } else if (absl::StartsWith(current, "-")) {
    AppendOptions(*app, candidates);
    if (app != &root) AppendOptions(root, candidates);
  } else {
    for (const CLI::App* sub : app->get_subcommands({})) {
      if (!sub->get_group().empty()) candidates.push_back(sub->get_name());
    }
    for (const CLI::Option* option : app->get_options()) {
      if (!option->get_positional()) continue;
      const std::vector<std::string> names = ValuesOf(*option, values);
      candidates.insert(candidates.end(), names.begin(), names.end());
    }
  }
  std::erase_if(candidates, [&current](const std::string& candidate) {
    return !absl::StartsWith(candidate, current);
  });
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  return candidates;
}

}  // namespace siphon::cli
