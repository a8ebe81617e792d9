// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_PARSER_H_
#define SIPHON_CLI_PARSER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace siphon::cli {

// CLI11's headers cost several seconds in every unit that includes them, so the commands see CLI11
// only through these classes.

// An option, flag or argument of a command: a handle, valid as long as its CommandLine.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  // The name of the value in help texts: "PROFILE". Completion offers values by this name.
  Option& TypeName(std::string_view name);
  // The help text names the value that the variable has now.
  Option& ShowDefault();
  Option& Required();
  Option& Needs(const Option& other);
  Option& Excludes(const Option& other);
  // Both ends belong to the range.
  Option& InRange(int first, int last);
  Option& NonNegative();
  Option& OneOf(const std::vector<std::string>& values);

 private:
  CLI::Option* option_;
};

// Declares the options of one command: a handle, valid as long as its CommandLine.
//
// `names` is CLI11's list: "-o,--output" for an option, "profile" for an argument,
// "profile,--profile" for both. The variable receives the value and must outlive the parsing; it
// keeps its value when the option is not given.
class Parser {
 public:
  explicit Parser(CLI::App* app) : app_(app) {}

  Option AddOption(std::string_view names, std::string& value, std::string_view description);
  Option AddOption(std::string_view names, int& value, std::string_view description);
  Option AddOption(std::string_view names, int64_t& value, std::string_view description);
  Option AddOption(std::string_view names, std::optional<int64_t>& value,
                   std::string_view description);
  // Calls `receive` with the value when the option is given.
  Option AddOption(std::string_view names, std::function<void(const std::string&)> receive,
                   std::string_view description);
  // Repeatable, one value each time.
  Option AddRepeatedOption(std::string_view names, std::vector<std::string>& values,
                           std::string_view description);
  // Repeatable, with values between commas: --table a,b --table c (docs/contracts.md#command-line).
  Option AddListOption(std::string_view names, std::vector<std::string>& values,
                       std::string_view description);
  // An argument with any number of values, also as an option.
  Option AddArguments(std::string_view name, std::vector<std::string>& values,
                      std::string_view description);
  Option AddFlag(std::string_view names, bool& value, std::string_view description);

  Parser AddCommand(std::string_view name, std::string_view summary);
  // Another name of this command.
  void Alias(std::string_view name);
  // One of the commands added with AddCommand() has to be given.
  void RequireCommand();
  // Calls `callback` once the options of this command were parsed without an error.
  void OnParsed(std::function<void()> callback);
  // The text below the options in the help text.
  void Footer(std::string_view text);

 private:
  CLI::App* app_;
};

// The whole command line. Owns the commands and options that Parser and Option refer to.
class CommandLine {
 public:
  // `version` is the text that --version prints.
  CommandLine(std::string_view program, std::string_view summary,
              std::function<std::string()> version);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Declares the global options and the commands.
  Parser parser() { return Parser(app_.get()); }

  struct Outcome {
    absl::Status status;
    // The text for stdout after --help or --version: nothing is to be run then.
    std::optional<std::string> text;
  };
  // `args` without the program's name. errs::kInvalidArgument for an error of the user; the message
  // repeats no value of an unknown option, since it may be a secret.
  Outcome Parse(std::vector<std::string> args);

  std::string Help() const;
  // The help text of the command that `words` name: {"dumps", "list"}; of the program for none.
  // errs::kInvalidArgument for a word that is not a command, with the nearest one as a hint.
  absl::StatusOr<std::string> HelpOf(const std::vector<std::string>& words) const;
  // The command that was given, as "siphon profile add"; after a failed Parse() as far as it was
  // recognised.
  std::string Command() const;
  // For completion.
  const CLI::App& app() const { return *app_; }

 private:
  std::unique_ptr<CLI::App> app_;
  std::function<std::string()> version_;
};

}  // namespace siphon::cli

#endif  // SIPHON_CLI_PARSER_H_
