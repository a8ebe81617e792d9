// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/app/engines.h"
#include "siphon/base/build_info.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"

namespace siphon::cli {
namespace {

class HelpCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddArguments("command", words_, "The command").TypeName("COMMAND");
    parser.Footer(
        "Examples:\n"
        "  siphon help restore\n"
        "  siphon help dumps list");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(const std::string text, invocation.command_line.HelpOf(words_));
    Json json;
    json["help"] = text;
    invocation.output.Result(json, [&](std::ostream& out) { out << text; });
    return absl::OkStatus();
  }

 private:
  std::vector<std::string> words_;
};

class VersionCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.Footer(
        "Examples:\n"
        "  siphon version --json");
  }

  absl::Status Run(Invocation& invocation) override {
    const base::BuildInfo& info = base::GetBuildInfo();
    Json json;
    json["version"] = info.version;
    json["commit"] = info.commit;
    json["engines"] = Json::object();
    for (const app::Engine& engine : app::Engines()) json["engines"][engine.name] = engine.version;
    invocation.output.Result(json, [](std::ostream& out) { out << VersionText() << "\n"; });
    return absl::OkStatus();
  }
};

}  // namespace

std::string VersionText() {
  const base::BuildInfo& info = base::GetBuildInfo();
  std::string text =
      absl::StrCat("siphon version ", info.version, "\ncommit ", info.commit, "\nengines");
  for (const app::Engine& engine : app::Engines()) {
    absl::StrAppend(&text, " ", engine.name, " ", engine.version);
  }
  return text;
}

void DefineHelp(Parser& root, Selection& selection) {
  AddCommand<HelpCommand>(root, "help", "Show the help of a command", selection);
  AddCommand<VersionCommand>(root, "version", "Show version, commit and engines", selection);
}

}  // namespace siphon::cli
