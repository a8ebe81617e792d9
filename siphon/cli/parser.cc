// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/parser.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "siphon/domain/config/closest.h"
#include "siphon/domain/profile/url.h"
#include "siphon/domain/sql/secrets.h"

namespace siphon::cli {
namespace {

// " (did you mean X?)" as part of a hint: the word of `known` that is most like `typed`.
std::string DidYouMean(std::string_view before, std::string_view typed,
                       const std::vector<std::string>& known) {
  const auto nearest = config::Closest(typed, {known.begin(), known.end()});
  return nearest.has_value() ? absl::StrCat("did you mean ", before, *nearest, "? ") : "";
}

// CLI11's format of help texts. CLI11 keeps the options that an option excludes in the order of
// their addresses, which differs from run to run; here they are in the order of their names.
class StableFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text = CLI::Formatter::make_option_opts(option);
    std::vector<std::string> names;
    for (const CLI::Option* other : option->get_excludes()) names.push_back(other->get_name());
    if (names.size() < 2 || !option->get_option_text().empty()) return text;
    text.resize(text.size() - absl::StrJoin(names, " ").size());
    std::sort(names.begin(), names.end());
    return absl::StrCat(text, absl::StrJoin(names, " "));
  }
};

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) {
    names.push_back(sub->get_name());
    for (const std::string& alias : sub->get_aliases()) names.push_back(alias);
  }
  return names;
}

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(absl::StrCat("--", name));
  }
  return names;
}

// The last command that was recognised.
const CLI::App& Recognised(const CLI::App& root) {
  const CLI::App* app = &root;
  while (true) {
    const auto chosen = app->get_subcommands();
    if (chosen.empty()) return *app;
    app = chosen.front();
  }
}

// Names the arguments that no command expects: an unknown option without its value, because
// "--pasword=..." may hold a secret, or else the unexpected arguments. The hint has the nearest
// option or command.
absl::Status Unexpected(const CLI::App& root, std::string_view command) {
  const CLI::App& app = Recognised(root);
  std::vector<std::string> options, arguments, shown;
  for (const std::string& argument : root.remaining(true)) {
    if (argument.size() > 1 && argument.front() == '-') {
      options.push_back(argument.substr(0, argument.find('=')));
    } else {
      arguments.push_back(profile::RedactUrl(argument));
      shown.push_back(absl::StrCat("\"", arguments.back(), "\""));
    }
  }
  const std::string see = absl::StrCat("see '", command, " --help'");
  const auto fail = [](std::string_view message, std::string_view hint) {
    return errs::UserError("command line", errs::kInvalidArgument, message, hint);
  };
  // An argument next to an unknown option is most likely the option's value.
  if (!options.empty()) {
    std::vector<std::string> known = OptionNames(app);
    const std::vector<std::string> global = OptionNames(root);
    known.insert(known.end(), global.begin(), global.end());
    return fail(absl::StrCat("unknown option ", absl::StrJoin(options, ", ")),
                absl::StrCat(DidYouMean("", options.front(), known), see));
  }
  const std::vector<std::string> commands = CommandNames(app);
  if (!commands.empty()) {
    return fail(
        absl::StrCat("unknown command ", shown.front()),
        absl::StrCat(DidYouMean(absl::StrCat(command, " "), arguments.front(), commands), see));
  }
  return fail(absl::StrCat("unexpected argument ", absl::StrJoin(shown, ", ")), see);
}

// Refuses what is no whole number, and one outside of the range; -1 for `last`: no upper end. CLI11
// would convert the text itself, with messages that name types of C++. `shown` is the range in help
// texts.
CLI::Validator WholeNumber(std::optional<std::pair<int64_t, int64_t>> range,
                           std::string_view shown) {
  std::string wanted = "a whole number";
  if (range.has_value()) {
    absl::StrAppend(&wanted, range->second < 0
                                 ? absl::StrCat(" of ", range->first, " or more")
                                 : absl::StrCat(" from ", range->first, " to ", range->second));
  }
  return CLI::Validator(
      [range, wanted](const std::string& text) {
        int64_t value = 0;
        const bool number = absl::SimpleAtoi(text, &value);
        const bool inside = !range.has_value() || (value >= range->first &&
                                                   (range->second < 0 || value <= range->second));
        return number && inside ? "" : absl::StrCat("\"", text, "\" is not ", wanted);
      },
      std::string(shown));
}

template <typename T>
CLI::Option* Add(CLI::App* app, std::string_view names, T& value, std::string_view description) {
  return app->add_option(std::string(names), value, std::string(description));
}

}  // namespace

Option& Option::TypeName(std::string_view name) {
  option_->type_name(std::string(name));
  return *this;
}

Option& Option::ShowDefault() {
  option_->capture_default_str();
  return *this;
}

Option& Option::Required() {
  option_->required();
  return *this;
}

Option& Option::Needs(const Option& other) {
  option_->needs(other.option_);
  return *this;
}

Option& Option::Excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Option& Option::InRange(int first, int last) {
  option_->check(WholeNumber({{first, last}}, absl::StrCat(first, "-", last)));
  return *this;
}

Option& Option::NonNegative() {
  option_->check(WholeNumber({{0, -1}}, ""));
  return *this;
}

Option& Option::OneOf(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values));
  return *this;
}

Option Parser::AddOption(std::string_view names, std::string& value, std::string_view description) {
  return Option(Add(app_, names, value, description));
}

Option Parser::AddOption(std::string_view names, int& value, std::string_view description) {
  return Option(Add(app_, names, value, description)->check(WholeNumber(std::nullopt, "")));
}

Option Parser::AddOption(std::string_view names, int64_t& value, std::string_view description) {
  return Option(Add(app_, names, value, description)->check(WholeNumber(std::nullopt, "")));
}

Option Parser::AddOption(std::string_view names, std::optional<int64_t>& value,
                         std::string_view description) {
  return Option(Add(app_, names, value, description)->check(WholeNumber(std::nullopt, "")));
}

Option Parser::AddOption(std::string_view names, std::function<void(const std::string&)> receive,
                         std::string_view description) {
  return Option(app_->add_option_function<std::string>(std::string(names), receive,
                                                       std::string(description)));
}

Option Parser::AddRepeatedOption(std::string_view names, std::vector<std::string>& values,
                                 std::string_view description) {
  return Option(Add(app_, names, values, description)->allow_extra_args(false));
}

Option Parser::AddListOption(std::string_view names, std::vector<std::string>& values,
                             std::string_view description) {
  return Option(Add(app_, names, values, description)
                    ->type_name("NAME,...")
                    ->delimiter(',')
                    ->allow_extra_args(false));
}

Option Parser::AddArguments(std::string_view name, std::vector<std::string>& values,
                            std::string_view description) {
  return Option(Add(app_, name, values, description));
}

Option Parser::AddFlag(std::string_view names, bool& value, std::string_view description) {
  return Option(app_->add_flag(std::string(names), value, std::string(description)));
}

Parser Parser::AddCommand(std::string_view name, std::string_view summary) {
  return Parser(app_->add_subcommand(std::string(name), std::string(summary)));
}

void Parser::Alias(std::string_view name) { app_->alias(std::string(name)); }

void Parser::RequireCommand() { app_->require_subcommand(1); }

void Parser::OnParsed(std::function<void()> callback) { app_->callback(std::move(callback)); }

void Parser::Footer(std::string_view text) { app_->footer(std::string(text)); }

CommandLine::CommandLine(std::string_view program, std::string_view summary,
                         std::function<std::string()> version)
    : app_(std::make_unique<CLI::App>(std::string(summary), std::string(program))),
      version_(std::move(version)) {
  app_->fallthrough();
  app_->require_subcommand(0, 1);
  app_->formatter(std::make_shared<StableFormatter>());
  app_->get_formatter()->column_width(34);
  app_->set_help_flag("-h,--help", "Show this help and exit");
  app_->set_version_flag("-v,--version", version_, "Show version, commit and engines");
}

CommandLine::~CommandLine() = default;

// CLI11 reports by exceptions; none leaves this function.
CommandLine::Outcome CommandLine::Parse(std::vector<std::string> args) {
  std::reverse(args.begin(), args.end());  // CLI11 takes the last element first.
  try {
    app_->parse(std::move(args));
    return {};
  } catch (const CLI::CallForHelp&) {
    return {.status = {}, .text = app_->help()};
  } catch (const CLI::CallForVersion&) {
    return {.status = {}, .text = absl::StrCat(version_(), "\n")};
  } catch (const CLI::ExtrasError&) {
    return {.status = Unexpected(*app_, Command()), .text = {}};
  } catch (const CLI::RequiredError& error) {
    // A mistyped command is an argument that is left, and a missing command.
    if (!Recognised(*app_).get_subcommands({}).empty() && !app_->remaining(true).empty()) {
      return {.status = Unexpected(*app_, Command()), .text = {}};
    }
    return {.status = errs::UserError("command line", errs::kInvalidArgument, error.what(),
                                      absl::StrCat("see '", Command(), " --help'")),
            .text = {}};
  } catch (const CLI::ParseError& error) {
    // CLI11 quotes the value of an option, and that may be a URL in the wrong place.
    return {.status = errs::UserError("command line", errs::kInvalidArgument,
                                      sql::HidePatterns(error.what()),
                                      absl::StrCat("see '", Command(), " --help'")),
            .text = {}};
  } catch (const std::exception& error) {
    return {.status = errs::InternalError("command line", error.what()), .text = {}};
  }
}

std::string CommandLine::Help() const { return app_->help(); }

absl::StatusOr<std::string> CommandLine::HelpOf(const std::vector<std::string>& words) const {
  const CLI::App* app = app_.get();
  std::string path = app->get_name();
  for (const std::string& word : words) {
    const std::vector<const CLI::App*> named =
        app->get_subcommands([&](const CLI::App* sub) { return sub->check_name(word); });
    if (named.empty()) {
      return errs::UserError(
          "help", errs::kInvalidArgument,
          absl::StrCat("unknown command \"", profile::RedactUrl(word), "\""),
          absl::StrCat(DidYouMean(absl::StrCat(path, " "), word, CommandNames(*app)), "see '", path,
                       " --help'"));
    }
    app = named.front();
    absl::StrAppend(&path, " ", app->get_name());
  }
  // Not help(), which shows the help of the command that was parsed.
  return app->get_formatter()->make_help(app, path, CLI::AppFormatMode::Normal);
}

std::string CommandLine::Command() const {
  std::string name = app_->get_name();
  const CLI::App* app = app_.get();
  while (true) {
    const auto chosen = app->get_subcommands();
    if (chosen.empty()) return name;
    app = chosen.front();
    absl::StrAppend(&name, " ", app->get_name());
  }
}

}  // namespace siphon::cli
