// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "errs/status_macros.h"
#include "siphon/cli/command.h"
#include "siphon/cli/help_text.h"
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
    invocation.output.Result(
        json, [&](std::ostream& out) { out << FitHelp(text, invocation.env.out_columns); });
    return absl::OkStatus();
  }

 private:
  std::vector<std::string> words_;
};

}  // namespace

void DefineHelp(Parser& root, Selection& selection) {
  AddCommand<HelpCommand>(root, "help", "Show the help of a command", selection);
}

}  // namespace siphon::cli
