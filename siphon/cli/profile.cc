// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/profile/profile.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/inspect.h"
#include "siphon/app/profiles.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/domain/profile/url.h"
#include "siphon/domain/secrets/secrets.h"

namespace siphon::cli {
namespace {

class ProfileAddCommand : public Command {
 public:
  void Define(CLI::App& app) override {
    app.add_option("name", profile_.name, "Name of the new profile")->type_name("NAME")->required();
    app.add_option("--url", url_, "Database URL instead of the single parts")->type_name("URL");
    app.add_option("--driver", profile_.driver, "Engine (see 'siphon drivers')")
        ->type_name("ENGINE");
    app.add_option("--host", profile_.host, "Server's name or address")->type_name("HOST");
    app.add_option("--port", profile_.port, "Server's port")
        ->type_name("PORT")
        ->check(CLI::Range(1, 65535));
    app.add_option("--user", profile_.user, "User")->type_name("USER");
    app.add_option("--password", profile_.password,
                   "Where the password is: env:NAME, file:PATH, prompt: (in "
                   "clear: literal:TEXT)")
        ->type_name("REF");
    app.add_option("--database", profile_.database, "Database; for sqlite the file")
        ->type_name("DB");
    app.add_option("--sslmode", profile_.sslmode, "TLS mode, as libpq names them")
        ->type_name("MODE");
    app.add_option("--group", profile_.group, "Group of the configuration")->type_name("GROUP");
    app.footer(
        "Examples:\n"
        "  siphon profile add app --url sqlite:///srv/app/app.db\n"
        "  siphon profile add app --driver sqlite --database /srv/app/app.db");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(const profile::Profile profile, Assemble());
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    RETURN_IF_ERROR(app::AddProfile(*session, profile));
    if (secrets::IsLiteral(profile.password)) {
      invocation.context.Warn("profile",
                              "the password stands in clear in the configuration; env:NAME or "
                              "file:PATH keeps it out");
    }
    Json json;
    json["added"] = ToJson(profile);
    json["path"] = session->config().path;
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "added " << profile.name << " to " << session->config().path << "\n";
    });
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<profile::Profile> Assemble() const {
    if (url_.empty()) {
      if (!profile_.driver.empty()) return profile_;
      return errs::UserError("profile add", errs::kInvalidArgument,
                             "neither --url nor --driver is given",
                             "see 'siphon profile add --help'");
    }
    if (!profile_.driver.empty() || !profile_.host.empty() || profile_.port != 0 ||
        !profile_.user.empty() || !profile_.database.empty() || !profile_.sslmode.empty()) {
      return errs::UserError("profile add", errs::kInvalidArgument,
                             "--url stands beside one of its parts",
                             "give the URL or the parts; --password and --group go with both");
    }
    ASSIGN_OR_RETURN(profile::Profile profile, profile::ParseUrl(url_));
    profile.name = profile_.name;
    profile.group = profile_.group;
    if (!profile_.password.empty()) profile.password = profile_.password;
    if (!profile.parameters.empty()) {
      return errs::UserError(
          "profile add", errs::kInvalidArgument,
          absl::StrCat("the URL's parameter \"", profile.parameters.begin()->first,
                       "\" has no key in a profile"),
          "leave it out of the URL");
    }
    return profile;
  }

  profile::Profile profile_;
  std::string url_;
};

class ProfileListCommand : public Command {
 public:
  void Define(CLI::App& app) override {
    app.footer(
        "Examples:\n"
        "  siphon profile list");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    Json json;
    json["profiles"] = Json::array();
    std::vector<std::vector<std::string>> rows = {{"NAME", "DRIVER", "HOST", "DATABASE", "GROUP"}};
    for (const auto& [name, profile] : session->config().config.profiles) {
      json["profiles"].push_back(ToJson(profile));
      rows.push_back({name, profile.driver, profile.host, profile.database, profile.group});
    }
    invocation.output.Result(json, [&](std::ostream& out) {
      if (rows.size() == 1) {
        out << "no profiles in " << session->config().path << "\n";
        return;
      }
      out << FormatTable(rows, {false, false, false, false, false});
    });
    return absl::OkStatus();
  }
};

class ProfileShowCommand : public Command {
 public:
  void Define(CLI::App& app) override {
    app.add_option("name", name_, "The profile")->type_name("NAME")->required();
    app.footer(
        "A password in clear is never shown, a reference to one is.\n"
        "\n"
        "Examples:\n"
        "  siphon profile show prod");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const profile::Profile profile, session->FindProfile(name_));
    const Json json = ToJson(profile);
    invocation.output.Result(json, [&](std::ostream& out) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& [key, value] : json.items()) {
        rows.push_back({key, value.is_string() ? value.get<std::string>() : value.dump()});
      }
      out << FormatTable(rows, {false, false});
    });
    return absl::OkStatus();
  }

 private:
  std::string name_;
};

class ProfileRmCommand : public Command {
 public:
  void Define(CLI::App& app) override {
    app.add_option("name", name_, "The profile")->type_name("NAME")->required();
    app.footer(
        "Only the entry in the configuration goes; the database and its "
        "dumps stay.\n"
        "\n"
        "Examples:\n"
        "  siphon profile rm staging");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    RETURN_IF_ERROR(app::RemoveProfile(*session, name_));
    Json json;
    json["removed"] = name_;
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "removed " << name_ << " from " << session->config().path << "\n";
    });
    return absl::OkStatus();
  }

 private:
  std::string name_;
};

class ProfileTestCommand : public Command {
 public:
  void Define(CLI::App& app) override {
    app.add_option("name", name_, "Profile or database URL")->type_name("PROFILE")->required();
    app.footer(
        "Examples:\n"
        "  siphon profile test prod");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const std::string engine,
                     app::TestConnection(invocation.context, *session, name_));
    Json json;
    json["profile"] = profile::RedactUrl(name_);
    json["ok"] = true;
    json["engine"] = engine;
    invocation.output.Result(json, [&](std::ostream& out) {
      out << profile::RedactUrl(name_) << " is reachable: " << engine << "\n";
    });
    return absl::OkStatus();
  }

 private:
  std::string name_;
};

}  // namespace

void DefineProfile(CLI::App& root, Selection& selection) {
  CLI::App* profile = root.add_subcommand("profile", "Add, list, show, remove and test profiles");
  profile->require_subcommand(1);
  profile->footer(
      "Examples:\n"
      "  siphon profile add app --url sqlite:///srv/app/app.db\n"
      "  siphon profile test app");
  AddCommand<ProfileAddCommand>(*profile, "add", "Add a profile to the configuration", selection);
  AddCommand<ProfileListCommand>(*profile, "list", "List the profiles", selection);
  AddCommand<ProfileShowCommand>(*profile, "show", "Show a profile, without its secret", selection);
  AddCommand<ProfileRmCommand>(*profile, "rm", "Remove a profile from the configuration",
                               selection);
  AddCommand<ProfileTestCommand>(*profile, "test", "Connect to a profile's database", selection);
}

}  // namespace siphon::cli
