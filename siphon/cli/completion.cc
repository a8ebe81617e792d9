// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/cli/command.h"
#include "siphon/cli/complete.h"
#include "siphon/domain/dumps/catalog.h"

namespace siphon::cli {
namespace {

// The scripts call "siphon __complete WORD...", which prints one candidate per line.
constexpr std::string_view kBash =
    R"(# bash completion for siphon: source <(siphon completion bash)
_siphon() {
  local IFS=$'\n'
  COMPREPLY=($("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _siphon siphon
)";

constexpr std::string_view kZsh = R"(#compdef siphon
# zsh completion for siphon: source <(siphon completion zsh)
_siphon() {
  local -a candidates
  candidates=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "${candidates[1]}" ]]; then
    compadd -a candidates
  else
    _files
  fi
}
# As a file of $fpath this runs at the first completion; sourced, it registers the function.
if [[ "${funcstack[1]}" == _siphon ]]; then
  _siphon "$@"
else
  compdef _siphon siphon
fi
)";

constexpr std::string_view kFish =
    R"(# fish completion for siphon: siphon completion fish | source
function __siphon_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete $words[2..-1] 2>/dev/null
end
complete -c siphon -a '(__siphon_complete)'
)";

class CompletionCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("shell", shell_, "bash, zsh or fish")
        .TypeName("SHELL")
        .Required()
        .OneOf({"bash", "zsh", "fish"});
    parser.Footer(
        "Examples:\n"
        "  source <(siphon completion bash)\n"
        "  siphon completion fish > ~/.config/fish/completions/siphon.fish");
  }

  absl::Status Run(Invocation& invocation) override {
    const std::string_view script = shell_ == "bash" ? kBash : shell_ == "zsh" ? kZsh : kFish;
    Json json;
    json["shell"] = shell_;
    json["script"] = script;
    invocation.output.Result(json, [&](std::ostream& out) { out << script; });
    return absl::OkStatus();
  }

 private:
  std::string shell_;
};

}  // namespace

void DefineCompletion(Parser& root, Selection& selection) {
  AddCommand<CompletionCommand>(root, "completion", "Print a completion script for a shell",
                                selection);
}

namespace {

// A shell puts a candidate on the command line as it is, and the names come from a database.
bool NeedsNoQuotes(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
  });
}

// The tables of the newest dump that a word of the command line means: by its profile, its id or
// "latest:PROFILE". Connects to no database.
std::vector<std::string> TablesOf(const dumps::Listing& listing,
                                  const std::vector<std::string>& words) {
  const auto is_meant = [&](const dumps::Sidecar& dump) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
      if (absl::StartsWith(word, "--")) word.remove_prefix(std::min(word.find('='), word.size()));
      absl::ConsumePrefix(&word, "=");
      absl::ConsumePrefix(&word, "latest:");
      return word == dump.profile || word == dump.id;
    });
  };
  const dumps::Sidecar* newest = nullptr;
  for (const dumps::Sidecar& dump : listing.dumps) {
    if (dump.tables.empty() || !is_meant(dump)) continue;
    if (newest == nullptr || newest->created < dump.created) newest = &dump;
  }
  std::vector<std::string> tables;
  if (newest == nullptr) return tables;
  // The word may have tables before this one: "users,or".
  const std::string_view typed = words.back();
  const std::string_view before = typed.substr(0, typed.rfind(',') + 1);
  for (const dumps::TableInfo& table : newest->tables) {
    if (NeedsNoQuotes(table.name)) tables.push_back(absl::StrCat(before, table.name));
  }
  return tables;
}

}  // namespace

absl::Status RunComplete(Invocation& invocation, const std::vector<std::string>& words) {
  // Completion prints no error if the configuration or the catalogue cannot be read.
  const auto values = [&](std::string_view type) {
    std::vector<std::string> names;
    auto session = invocation.OpenSession();
    if (!session.ok()) return names;
    if (type == "PROFILE" || type == "DATABASE") {
      for (const auto& [name, profile] : (*session)->config().config.profiles) {
        names.push_back(name);
      }
      for (const auto& [name, why] : (*session)->config().unusable) names.push_back(name);
    } else if (type == "DUMP") {
      auto listing = app::ListDumps(invocation.context, **session);
      if (!listing.ok()) return names;
      for (const dumps::Sidecar& dump : listing->dumps) names.push_back(dump.id);
    } else if (type == "TABLE,...") {
      auto listing = app::ListDumps(invocation.context, **session);
      if (listing.ok()) names = TablesOf(*listing, words);
    }
    return names;
  };
  for (const std::string& candidate : Complete(invocation.command_line.app(), words, values)) {
    *invocation.env.out << candidate << "\n";
  }
  return absl::OkStatus();
}

}  // namespace siphon::cli
