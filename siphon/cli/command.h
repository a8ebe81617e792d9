// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_COMMAND_H_
#define SIPHON_CLI_COMMAND_H_

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/cli/env.h"
#include "siphon/cli/output.h"
#include "siphon/cli/parser.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::cli {

// Options that every command takes, before or after its name.
struct GlobalOptions {
  std::string config;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  bool yes = false;
};

// One run of a command.
struct Invocation {
  Env& env;
  const GlobalOptions& options;
  Output& output;
  base::Context context;
  const CommandLine& command_line;  // For completion.

  // Opens the configuration and the catalogue. A configuration that is named with --config has to
  // exist, except for a command that may create it.
  enum class NamedConfig { kMustExist, kMayBeCreated };
  absl::StatusOr<std::unique_ptr<app::Session>> OpenSession(
      NamedConfig named = NamedConfig::kMustExist) const;
  // OK with --yes. Otherwise asks "<question> [y/N]" on the terminal; errs::kConfirmationRefused
  // if the answer is not yes or stdin is not a terminal.
  absl::Status Confirm(std::string_view op, std::string_view question) const;
};

// A command with its options: Define() declares the options, Run() runs after they were parsed.
class Command {
 public:
  virtual ~Command() = default;
  virtual void Define(Parser& parser) = 0;
  virtual absl::Status Run(Invocation& invocation) = 0;
};

// The command that the arguments name; null if they name none.
struct Selection {
  std::shared_ptr<Command> command;
};

// Adds a command of type C under `parent`. `selection` is set to it when the arguments name it.
template <typename C>
Parser AddCommand(Parser& parent, std::string_view name, std::string_view summary,
                  Selection& selection) {
  auto command = std::make_shared<C>();
  Parser parser = parent.AddCommand(name, summary);
  command->Define(parser);
  parser.OnParsed([&selection, command] { selection.command = command; });
  return parser;
}

// Adds --tools auto|builtin|system.
void AddToolsOption(Parser& parser, std::optional<profile::Tools>& tools);
// Adds --definer keep|strip|current.
void AddDefinerOption(Parser& parser, verbs::Definer& definer);
// Adds --exclude-object KIND:NAME.
void AddExcludeOption(Parser& parser, std::vector<std::string>& objects);
// Adds --search-path SCHEMA,...
void AddSearchPathOption(Parser& parser, std::vector<std::string>& schemas);
// Writes a line with the objects that a restore left out; nothing if there are none.
void WriteLeftOut(std::ostream& out, const std::vector<std::string>& objects);

// The text of --version and `siphon version`, without a line feed at its end.
std::string VersionText();

// The name of a kind in tables: "full", "unknown".
std::string ShowKind(dumps::Kind kind);

// errs::kInvalidArgument, "no <what> is given", if `value` is empty. For values that can be given
// as an argument or as an option; the message of CLI11 would name only the option.
absl::Status RequireGiven(std::string_view value, std::string_view op, std::string_view what);

// The error of `siphon status`: with exit code 3, "unknown" for a monitor, unless it was
// interrupted.
absl::Status AsUnknown(const absl::Status& status);

// Each function adds a command or a group of commands.
void DefineBackup(Parser& root, Selection& selection);
void DefineRestore(Parser& root, Selection& selection);
void DefineSync(Parser& root, Selection& selection);
void DefineVerify(Parser& root, Selection& selection);
void DefineStatus(Parser& root, Selection& selection);
void DefineInspect(Parser& root, Selection& selection);
void DefineMigrate(Parser& root, Selection& selection);
void DefineDumps(Parser& root, Selection& selection);
void DefineDumpsList(Parser& dumps, Selection& selection);
void DefineDumpsExtract(Parser& dumps, Selection& selection);
void DefineDumpsImport(Parser& dumps, Selection& selection);
void DefineDumpsPin(Parser& dumps, Selection& selection);
void DefineDumpsPrune(Parser& dumps, Selection& selection);
void DefineDumpsRekey(Parser& dumps, Selection& selection);
void DefineProfile(Parser& root, Selection& selection);
void DefineConfig(Parser& root, Selection& selection);
void DefineDrivers(Parser& root, Selection& selection);
void DefineKey(Parser& root, Selection& selection);
void DefineNotify(Parser& root, Selection& selection);
void DefineCompletion(Parser& root, Selection& selection);
void DefineHelp(Parser& root, Selection& selection);
void DefineVersion(Parser& root, Selection& selection);

// "siphon __complete WORD...": prints the candidates for the last word, one per line.
absl::Status RunComplete(Invocation& invocation, const std::vector<std::string>& words);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_COMMAND_H_
