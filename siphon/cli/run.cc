// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/run.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/printable.h"
#include "siphon/cli/command.h"
#include "siphon/cli/compare.h"
#include "siphon/cli/describe.h"
#include "siphon/cli/golang_migrate.h"
#include "siphon/cli/help_text.h"
#include "siphon/cli/output.h"
#include "siphon/cli/parser.h"
#include "siphon/cli/terminal.h"

namespace siphon::cli {
namespace {

void DefineGlobals(Parser& root, GlobalOptions& options) {
  root.AddOption(
          "--config", options.config,
          "Configuration file (default: $SIPHON_CONFIG_HOME/config.yaml or, if the variable is not "
          "set, ~/.config/siphon/config.yaml)")
      .TypeName("FILE");
  root.AddFlag("--json", options.json,
               "Print the result as one JSON object, events as JSON lines on stderr");
  root.AddFlag("-q,--quiet", options.quiet, "Print results, warnings and errors only");
  root.AddFlag("--verbose", options.verbose, "Also print details, and progress more often");
  root.AddFlag("--no-color", options.no_color, "Print without colours, as with NO_COLOR");
  root.AddFlag("--yes", options.yes, "Answer yes to all questions");
}

void DefineCommands(Parser& root, Selection& selection) {
  DefineBackup(root, selection);
  DefineRestore(root, selection);
  DefineSync(root, selection);
  DefineCompare(root, selection);
  DefineVerify(root, selection);
  DefineStatus(root, selection);
  DefineInspect(root, selection);
  DefineMigrate(root, selection);
  DefineDumps(root, selection);
  DefineProfile(root, selection);
  DefineConfig(root, selection);
  DefineKey(root, selection);
  DefineNotify(root, selection);
  DefineDrivers(root, selection);
  DefineCompletion(root, selection);
  DefineHelp(root, selection);
  DefineVersion(root, selection);
}

// Replaces the operation of an error by the command ("dumps" by "verify"). The operation of a
// driver ("sqlite.connect") is more exact and stays.
absl::Status InTermsOfCommand(const absl::Status& status, const CommandLine& command_line) {
  const std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value() || absl::StrContains(error->op, '.')) return status;
  const std::string command = command_line.Command();
  return errs::WithOp(status, absl::StripPrefix(command, "siphon "));
}

bool HasFlag(const std::vector<std::string>& args, std::string_view flag) {
  const auto end = std::find(args.begin(), args.end(), "--");
  return std::find(args.begin(), end, flag) != end;
}

}  // namespace

absl::Status Run(Env& env, std::vector<std::string> args) {
  // Scripts ask for the version often, and it needs no parser: building all commands and unwinding
  // CLI11's exception takes longer than the rest of the program.
  if (args.size() == 1 && (args[0] == "--version" || args[0] == "-v" || args[0] == "version")) {
    *env.out << VersionText() << "\n";
    return absl::OkStatus();
  }
  CommandLine command_line(
      "siphon", "Back up, verify, restore, copy, inspect and migrate databases", VersionText);
  Parser root = command_line.parser();
  root.Footer(
      "Examples:\n"
      "  siphon inspect sqlite:///srv/app/app.db\n"
      "  siphon backup sqlite:///srv/app/app.db\n"
      "  siphon dumps list\n"
      "  siphon verify 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --deep\n"
      "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile "
      "sqlite:///srv/app/copy.db\n"
      "  siphon sync prod staging --clean\n"
      "\n"
      "Exit codes: 0 success, 1 invalid input, 2 system error, 3 integrity error, 4 partial\n"
      "success, 130 cancelled, 143 terminated.");
  GlobalOptions options;
  Selection selection;
  DefineGlobals(root, options);
  DefineCommands(root, selection);

  if (!args.empty() && args.front() == "__complete") {
    Output output(&env, {.json = false, .quiet = true, .verbose = false, .color = false});
    Invocation invocation{.env = env,
                          .options = options,
                          .output = output,
                          .context = base::Context(env.stop, nullptr),
                          .command_line = command_line};
    return RunComplete(invocation, {args.begin() + 1, args.end()});
  }

  if (args.size() == 1 && args.front() == "__describe") {
    *env.out << Describe(command_line.app()).dump(1) << "\n";
    return absl::OkStatus();
  }

  args = WithTwoDashes(std::move(args));
  // Read before parsing, so that an error of parsing is printed in the requested form.
  const bool json = HasFlag(args, "--json");
  const bool no_color = HasFlag(args, "--no-color");
  const CommandLine::Outcome parsed = command_line.Parse(std::move(args));
  if (parsed.text.has_value()) {
    *env.out << FitHelp(*parsed.text, env.out_columns);
    return absl::OkStatus();
  }

  const bool color =
      env.err_is_terminal && !no_color && env.environment->GetOrEmpty("NO_COLOR").empty();
  Output output(&env,
                {.json = json, .quiet = options.quiet, .verbose = options.verbose, .color = color});
  if (!parsed.status.ok()) {
    const bool of_status = command_line.Command() == "siphon status";
    const absl::Status failure = of_status ? AsUnknown(parsed.status) : parsed.status;
    output.Failure(failure);
    return failure;
  }
  if (selection.command == nullptr) {
    *env.out << FitHelp(command_line.Help(), env.out_columns);
    return absl::OkStatus();
  }
  Invocation invocation{.env = env,
                        .options = options,
                        .output = output,
                        .context = base::Context(env.stop, &output),
                        .command_line = command_line};
  const absl::Status status = InTermsOfCommand(selection.command->Run(invocation), command_line);
  if (!status.ok()) output.Failure(status);
  return status;
}

absl::StatusOr<std::unique_ptr<app::Session>> Invocation::OpenSession(NamedConfig named) const {
  Env* environment = &env;
  auto prompter = [environment](std::string_view what) {
    return AskSecret(*environment, absl::StrCat(what, ": "));
  };
  auto confirmer = [environment](std::string_view question,
                                 std::string_view expected) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string answer, AskLine(*environment, question));
    if (answer == expected) return absl::OkStatus();
    return errs::UserError("confirm", errs::kConfirmationRefused,
                           absl::StrCat("\"", expected, "\" was not typed"));
  };
  app::Asker asker;
  if (env.in_is_terminal) {
    asker = [this](std::string_view op, std::string_view question) {
      return Confirm(op, question);
    };
  }
  const bool must_exist = !options.config.empty() && named == NamedConfig::kMustExist;
  return app::Session::Open({.config_path = options.config,
                             .config_must_exist = must_exist,
                             .environment = env.environment,
                             .clock = env.clock,
                             .prompter = std::move(prompter),
                             .confirmer = std::move(confirmer),
                             .asker = std::move(asker)});
}

absl::Status Invocation::Confirm(std::string_view op, std::string_view question) const {
  if (options.yes) return absl::OkStatus();
  if (!env.in_is_terminal) {
    return errs::UserError(op, errs::kConfirmationRefused,
                           "stdin is not a terminal, so the question cannot be asked",
                           "confirm with --yes");
  }
  ASSIGN_OR_RETURN(const std::string answer, AskLine(env, absl::StrCat(question, " [y/N] ")));
  const std::string lower = absl::AsciiStrToLower(answer);
  if (lower == "y" || lower == "yes") return absl::OkStatus();
  return errs::UserError(op, errs::kConfirmationRefused, "the question was answered with no");
}

absl::Status RequireGiven(std::string_view value, std::string_view op, std::string_view what) {
  if (!value.empty()) return absl::OkStatus();
  return errs::UserError(op, errs::kInvalidArgument, absl::StrCat("no ", what, " is given"),
                         absl::StrCat("see 'siphon ", op, " --help'"));
}

void AddToolsOption(Parser& parser, std::optional<profile::Tools>& tools) {
  parser
      .AddOption(
          "--tools", [&tools](const std::string& name) { tools = profile::ParseTools(name); },
          "Which dump tools to run: those inside siphon, those of the system, or (auto, the "
          "default) "
          "those inside siphon unless the server is newer")
      .TypeName("TOOLS")
      .OneOf({"auto", "builtin", "system"});
}

void AddDefinerOption(Parser& parser, verbs::Definer& definer) {
  parser
      .AddOption(
          "--definer",
          [&definer](const std::string& name) {
            definer = name == "strip"     ? verbs::Definer::kStrip
                      : name == "current" ? verbs::Definer::kCurrent
                                          : verbs::Definer::kKeep;
          },
          "DEFINER of views, routines, triggers and events: unchanged (keep, the default), left "
          "out "
          "(strip) or CURRENT_USER (current); strip and current make it the user who restores")
      .TypeName("DEFINER")
      .OneOf({"keep", "strip", "current"});
}

void AddExcludeOption(Parser& parser, std::vector<std::string>& objects) {
  parser
      .AddRepeatedOption("--exclude-object", objects,
                         "Leave out this object and everything that belongs to it (index:NAME, "
                         "view:NAME, ...); can be repeated")
      .TypeName("KIND:NAME");
}

void AddSearchPathOption(Parser& parser, std::vector<std::string>& schemas) {
  parser
      .AddListOption("--search-path", schemas,
                     "The search_path for functions of the dump that the restore calls, for "
                     "example in indexes and checks")
      .TypeName("SCHEMA,...");
}

void WriteLeftOut(std::ostream& out, const std::vector<std::string>& objects) {
  if (objects.empty()) return;
  out << "left out: " << base::Printable(absl::StrJoin(objects, ", ")) << "\n";
}

}  // namespace siphon::cli
