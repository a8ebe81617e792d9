// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/run.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/engines.h"
#include "siphon/base/build_info.h"
#include "siphon/cli/command.h"
#include "siphon/cli/output.h"
#include "siphon/cli/terminal.h"
#include "siphon/domain/profile/url.h"

namespace siphon::cli {
namespace {

std::string VersionText() {
  const base::BuildInfo& info = base::GetBuildInfo();
  std::string text =
      absl::StrCat("siphon version ", info.version, "\ncommit ", info.commit, "\nengines");
  for (const app::Engine& engine : app::Engines()) {
    absl::StrAppend(&text, " ", engine.name, " ", engine.version);
  }
  return text;
}

void DefineGlobals(CLI::App& root, GlobalOptions& options) {
  root.set_help_flag("-h,--help", "Show this help and exit");
  root.set_version_flag("-v,--version", VersionText, "Show version, commit and engines");
  root.add_option("--config", options.config,
                  "Configuration file (default: $SIPHON_CONFIG_HOME/config.yaml, else "
                  "~/.config/siphon/config.yaml)")
      ->type_name("FILE");
  root.add_flag("--json", options.json,
                "Print the result as one JSON object, events as JSON lines on stderr");
  root.add_flag("--quiet", options.quiet, "Print results, warnings and errors only");
  root.add_flag("--verbose", options.verbose, "Report progress more often");
  root.add_flag("--no-color", options.no_color, "Use no colours (as NO_COLOR does)");
  root.add_flag("--yes", options.yes, "Answer confirmations with yes");
}

void DefineCommands(CLI::App& root, Selection& selection) {
  DefineBackup(root, selection);
  DefineRestore(root, selection);
  DefineSync(root, selection);
  DefineVerify(root, selection);
  DefineInspect(root, selection);
  DefineMigrate(root, selection);
  DefineDumps(root, selection);
  DefineProfile(root, selection);
  DefineConfig(root, selection);
  DefineDrivers(root, selection);
  DefineCompletion(root, selection);
}

// "siphon profile add" for the command that was being parsed when `root`
// failed.
std::string ParsedCommand(const CLI::App& root) {
  std::string name = root.get_name();
  const CLI::App* app = &root;
  while (true) {
    const auto chosen = app->get_subcommands();
    if (chosen.empty()) return name;
    app = chosen.front();
    absl::StrAppend(&name, " ", app->get_name());
  }
}

// What stood on the command line and is no option or argument of the command: the name of an option
// without its value, as "--pasword=..." may hold a secret, or else the argument.
absl::Status Unexpected(const CLI::App& root) {
  std::vector<std::string> options, arguments;
  for (const std::string& argument : root.remaining(true)) {
    if (argument.size() > 1 && argument.front() == '-') {
      options.push_back(argument.substr(0, argument.find('=')));
    } else {
      arguments.push_back(absl::StrCat("\"", profile::RedactUrl(argument), "\""));
    }
  }
  // With an unknown option an argument beside it is rather its value.
  const std::string what =
      options.empty() ? absl::StrCat("unexpected argument ", absl::StrJoin(arguments, ", "))
                      : absl::StrCat("unknown option ", absl::StrJoin(options, ", "));
  return errs::UserError("command line", errs::kInvalidArgument, what,
                         absl::StrCat("see '", ParsedCommand(root), " --help'"));
}

struct ParseOutcome {
  absl::Status status;
  bool finished = false;  // Help or version was printed: there is nothing to run.
};

// CLI11 reports by exceptions; none leaves this function.
ParseOutcome Parse(CLI::App& root, Env& env, std::vector<std::string> args) {
  std::reverse(args.begin(), args.end());  // CLI11 takes them from the back.
  try {
    root.parse(std::move(args));
    return {};
  } catch (const CLI::CallForHelp&) {
    *env.out << root.help();
    return {.status = {}, .finished = true};
  } catch (const CLI::CallForVersion&) {
    *env.out << VersionText() << "\n";
    return {.status = {}, .finished = true};
  } catch (const CLI::ExtrasError&) {
    return {.status = Unexpected(root), .finished = false};
  } catch (const CLI::ParseError& error) {
    const std::string command = ParsedCommand(root);
    return {.status = errs::UserError("command line", errs::kInvalidArgument, error.what(),
                                      absl::StrCat("see '", command, " --help'")),
            .finished = false};
  } catch (const std::exception& error) {
    return {.status = errs::InternalError("command line", error.what()), .finished = false};
  }
}

// An error of the domain ("dumps") is told as one of the command ("verify"); a driver's own
// operation ("sqlite.connect") says more and stays.
absl::Status InTermsOfCommand(const absl::Status& status, const CLI::App& root) {
  const std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value() || absl::StrContains(error->op, '.')) return status;
  const std::string command = ParsedCommand(root);
  return errs::WithOp(status, absl::StripPrefix(command, "siphon "));
}

bool HasFlag(const std::vector<std::string>& args, std::string_view flag) {
  const auto end = std::find(args.begin(), args.end(), "--");
  return std::find(args.begin(), end, flag) != end;
}

}  // namespace

absl::Status Run(Env& env, std::vector<std::string> args) {
  CLI::App root("Back up, verify, restore, copy, inspect and migrate databases", "siphon");
  root.fallthrough();
  root.require_subcommand(0, 1);
  root.get_formatter()->column_width(34);
  root.footer(
      "Examples:\n"
      "  siphon inspect sqlite:///srv/app/app.db\n"
      "  siphon backup sqlite:///srv/app/app.db\n"
      "  siphon dumps list\n"
      "  siphon verify 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --deep\n"
      "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile "
      "sqlite:///srv/app/copy.db\n"
      "  siphon sync prod staging --clean\n"
      "\n"
      "Exit codes: 0 ok, 1 wrong input, 2 system, 3 integrity, 4 "
      "partial, 130 cancelled,\n"
      "143 terminated.");
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
                          .root = root};
    return RunComplete(invocation, {args.begin() + 1, args.end()});
  }

  // A failure to parse is reported in the form that was asked for, too.
  const bool json = HasFlag(args, "--json");
  const bool no_color = HasFlag(args, "--no-color");
  const ParseOutcome parsed = Parse(root, env, std::move(args));
  if (parsed.finished) return absl::OkStatus();

  const bool color =
      env.err_is_terminal && !no_color && env.environment->GetOrEmpty("NO_COLOR").empty();
  Output output(&env,
                {.json = json, .quiet = options.quiet, .verbose = options.verbose, .color = color});
  if (!parsed.status.ok()) {
    output.Failure(parsed.status);
    return parsed.status;
  }
  if (selection.command == nullptr) {
    *env.out << root.help();
    return absl::OkStatus();
  }
  Invocation invocation{.env = env,
                        .options = options,
                        .output = output,
                        .context = base::Context(env.stop, &output),
                        .root = root};
  const absl::Status status = InTermsOfCommand(selection.command->Run(invocation), root);
  if (!status.ok()) output.Failure(status);
  return status;
}

absl::StatusOr<std::unique_ptr<app::Session>> Invocation::OpenSession() const {
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
  return app::Session::Open({.config_path = options.config,
                             .environment = env.environment,
                             .clock = env.clock,
                             .prompter = std::move(prompter),
                             .confirmer = std::move(confirmer)});
}

absl::Status Invocation::Confirm(std::string_view op, std::string_view question) const {
  if (options.yes) return absl::OkStatus();
  if (!env.in_is_terminal) {
    return errs::UserError(op, errs::kConfirmationRefused, "nobody to ask: stdin is no terminal",
                           "give --yes");
  }
  ASSIGN_OR_RETURN(const std::string answer, AskLine(env, absl::StrCat(question, " [y/N] ")));
  const std::string lower = absl::AsciiStrToLower(answer);
  if (lower == "y" || lower == "yes") return absl::OkStatus();
  return errs::UserError(op, errs::kConfirmationRefused, "the answer was no");
}

absl::Status RequireGiven(std::string_view value, std::string_view op, std::string_view what) {
  if (!value.empty()) return absl::OkStatus();
  return errs::UserError(op, errs::kInvalidArgument, absl::StrCat("no ", what, " is given"),
                         absl::StrCat("see 'siphon ", op, " --help'"));
}

void AddToolsOption(CLI::App& app, std::optional<profile::Tools>& tools) {
  app.add_option_function<std::string>(
         "--tools", [&tools](const std::string& name) { tools = profile::ParseTools(name); },
         "The engine's tools: built in, the system's, or (auto) the built-in ones unless the "
         "server is newer")
      ->type_name("TOOLS")
      ->check(CLI::IsMember({"auto", "builtin", "system"}));
}

void AddDefinerOption(CLI::App& app, job::Definer& definer) {
  app.add_option_function<std::string>(
         "--definer",
         [&definer](const std::string& name) {
           definer = name == "strip"     ? job::Definer::kStrip
                     : name == "current" ? job::Definer::kCurrent
                                         : job::Definer::kKeep;
         },
         "In whose name views, routines, triggers and events run: as it was (keep, the default), "
         "nobody named (strip), or CURRENT_USER (current); the last two are the user who restores")
      ->type_name("DEFINER")
      ->check(CLI::IsMember({"keep", "strip", "current"}));
}

CLI::Option* AddListOption(CLI::App& app, std::string_view name, std::vector<std::string>& values,
                           std::string_view description) {
  return app.add_option(std::string(name), values, std::string(description))
      ->type_name("NAME,...")
      ->delimiter(',')
      ->allow_extra_args(false);
}

}  // namespace siphon::cli
