// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/config.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/child_process.h"
#include "siphon/base/printable.h"
#include "siphon/cli/command.h"
#include "siphon/cli/table.h"

namespace siphon::cli {
namespace {

constexpr std::string_view kTemplate =
    "# siphon's configuration; see docs/config.md.\n"
    "version: 1\n"
    "\n"
    "# defaults:\n"
    "#   dump_dir: /var/lib/siphon/dumps\n"
    "\n"
    "# profiles:\n"
    "#   app:\n"
    "#     driver: sqlite\n"
    "#     database: /srv/app/app.db\n"
    "\n"
    "# encryption:\n"
    "#   recipients:\n"
    "#     - age1...\n"
    "\n"
    "# notify:\n"
    "#   - ping: https://hc-ping.com/KEY/{{profile}}\n";

// Does not read the configuration, so that it also works for a file that cannot be parsed.
absl::StatusOr<std::string> Path(const Invocation& invocation) {
  if (!invocation.options.config.empty()) return invocation.options.config;
  return config::DefaultPath(*invocation.env.environment);
}

class ConfigPathCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.Footer(
        "Examples:\n"
        "  siphon config path");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(const std::string path, Path(invocation));
    Json json;
    json["path"] = path;
    invocation.output.Result(json, [&](std::ostream& out) { out << path << "\n"; });
    return absl::OkStatus();
  }
};

absl::Status Check(Invocation& invocation, const std::string& path) {
  ASSIGN_OR_RETURN(const config::Loaded loaded, config::Load(path, *invocation.env.environment));
  if (!loaded.exists && !invocation.options.config.empty()) {
    return errs::UserError("config check", errs::kNotFound,
                           absl::StrCat("there is no configuration ", path),
                           "check the name after --config; 'siphon config edit' creates it");
  }
  std::vector<absl::Status> unset;
  for (const auto& [name, why] : loaded.unusable) unset.push_back(why);
  for (const auto& [place, why] : loaded.unusable_notifications) unset.push_back(why);
  if (!unset.empty()) {
    for (size_t i = 1; i < unset.size(); ++i) {
      invocation.context.Warn("config", unset[i].message());
    }
    return unset.front();
  }
  Json json;
  json["path"] = path;
  json["exists"] = loaded.exists;
  json["dump_dir"] = loaded.config.dump_dir;
  json["profiles"] = loaded.config.profiles.size();
  json["findings"] = Json::array();
  for (const config::Finding& finding : loaded.findings) {
    json["findings"].push_back({{"line", finding.line}, {"message", finding.message}});
  }
  invocation.output.Result(json, [&](std::ostream& out) {
    for (const config::Finding& finding : loaded.findings) {
      const std::string line = finding.line > 0 ? absl::StrCat(":", finding.line) : "";
      out << WrapLine(absl::StrCat(path, line, ": ", base::Printable(finding.message)),
                      invocation.env.out_columns, 2);
    }
    const size_t profiles = loaded.config.profiles.size();
    const std::string judgement =
        loaded.exists
            ? absl::StrCat("is valid: ", profiles, profiles == 1 ? " profile" : " profiles")
            : "does not exist; siphon uses its defaults";
    out << WrapLine(absl::StrCat(path, " ", judgement), invocation.env.out_columns, 2)
        << WrapLine(
               absl::StrCat("dumps are in ", base::Printable(config::DumpPlace(loaded.config))),
               invocation.env.out_columns, 2);
  });
  return absl::OkStatus();
}

class ConfigCheckCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.Footer(
        "Exit code 1 means that the configuration cannot be used.\n"
        "\n"
        "Examples:\n"
        "  siphon config check");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(const std::string path, Path(invocation));
    return Check(invocation, path);
  }
};

class ConfigEditCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.Footer(
        "Opens the file with $VISUAL, $EDITOR or vi (the first that is set), then checks it.\n"
        "\n"
        "Examples:\n"
        "  EDITOR=nano siphon config edit");
  }

  absl::Status Run(Invocation& invocation) override {
    const base::Environment& environment = *invocation.env.environment;
    ASSIGN_OR_RETURN(const std::string path, Path(invocation));
    RETURN_IF_ERROR(EnsureExists(path, environment));
    std::string editor = environment.GetOrEmpty("VISUAL");
    if (editor.empty()) editor = environment.GetOrEmpty("EDITOR");
    if (editor.empty()) editor = "vi";
    RETURN_IF_ERROR(Edit(invocation, editor, path));
    return Check(invocation, path);
  }

 private:
  static absl::Status EnsureExists(const std::string& path, const base::Environment& environment) {
    const absl::StatusOr<config::Loaded> loaded = config::Load(path, environment);
    // A file that cannot be parsed exists: the user wants to repair it.
    if (!loaded.ok() || loaded->exists) return absl::OkStatus();
    return config::Save(path, kTemplate);
  }

  static absl::Status Edit(const Invocation& invocation, const std::string& editor,
                           const std::string& path) {
    base::ChildProcess::Options options;
    options.argv = absl::StrSplit(editor, ' ', absl::SkipEmpty());  // "code --wait"
    options.argv.push_back(path);
    for (const auto& [name, value] : invocation.env.environment->values()) {
      options.environment.push_back(absl::StrCat(name, "=", value));
    }
    options.in = base::ChildProcess::Stream::kInherit;
    options.foreground = true;
    ASSIGN_OR_RETURN(auto child, base::ChildProcess::Start(invocation.context, std::move(options)));
    ASSIGN_OR_RETURN(const base::ChildProcess::Outcome outcome, child->Wait());
    if (outcome.code == 0) return absl::OkStatus();
    return errs::SystemError(
        "config edit", errs::kIo,
        absl::StrCat("the editor \"", editor, "\" failed with exit code ", outcome.code),
        "set VISUAL or EDITOR to another editor");
  }
};

}  // namespace

void DefineConfig(Parser& root, Selection& selection) {
  Parser config = root.AddCommand("config", "Find, edit and check the configuration");
  config.RequireCommand();
  config.Footer(
      "Examples:\n"
      "  siphon config check\n"
      "  siphon config edit");
  AddCommand<ConfigPathCommand>(config, "path", "Print the configuration file's path", selection);
  AddCommand<ConfigEditCommand>(config, "edit", "Edit the configuration file", selection);
  AddCommand<ConfigCheckCommand>(config, "check", "Check the configuration file", selection);
}

}  // namespace siphon::cli
