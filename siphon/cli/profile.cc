// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/profile/profile.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>
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

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kTlsOptions = {
    {{"--sslrootcert", "Certificates that the server's must be signed by"},
     {"--sslcert", "Certificate to log in with"},
     {"--sslkey", "Its private key"}}};

class ProfileAddCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("name", profile_.name, "Name of the new profile").TypeName("NAME").Required();
    parser.AddOption("--url", url_, "Database URL instead of the single parts").TypeName("URL");
    parser.AddOption("--driver", profile_.driver, "Engine (see 'siphon drivers')")
        .TypeName("ENGINE");
    parser.AddOption("--host", profile_.host, "Server's name or address").TypeName("HOST");
    parser.AddOption("--port", profile_.port, "Server's port").TypeName("PORT").InRange(1, 65535);
    parser.AddOption("--user", profile_.user, "User").TypeName("USER");
    parser
        .AddOption("--password", profile_.password,
                   "Where the password is: env:NAME, file:PATH, prompt: (in "
                   "clear: literal:TEXT)")
        .TypeName("REF");
    parser.AddOption("--database", profile_.database, "Database; for sqlite the file")
        .TypeName("DB");
    parser.AddOption("--sslmode", profile_.sslmode, "TLS mode, as libpq names them")
        .TypeName("MODE");
    for (const auto& [option, description] : kTlsOptions) {
      const std::string name(option.substr(2));
      parser
          .AddOption(
              std::string(option),
              [this, name](const std::string& file) { profile_.parameters[name] = file; },
              std::string(description))
          .TypeName("FILE");
    }
    parser
        .AddRepeatedOption("--parameter", parameters_,
                           "A further setting of the engine, as in connect_timeout=10; repeatable")
        .TypeName("NAME=VALUE");
    AddToolsOption(parser, profile_.tools);
    parser.AddOption("--group", profile_.group, "Group of the configuration").TypeName("GROUP");
    parser.Footer(
        "Examples:\n"
        "  siphon profile add app --url sqlite:///srv/app/app.db\n"
        "  siphon profile add app --driver sqlite --database /srv/app/app.db\n"
        "  siphon profile add prod --url 'postgres://app@db/shop?sslmode=verify-full' \\\n"
        "    --password env:PGPASS --sslrootcert /etc/ssl/db-ca.pem");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(const profile::Profile profile, Assemble());
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    RETURN_IF_ERROR(app::AddProfile(*session, profile));
    WarnOfLiteral(invocation, "the password", profile.password);
    for (const auto& [name, value] : profile.parameters) {
      if (profile::IsSecretParameter(name)) WarnOfLiteral(invocation, name, value);
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
  static void WarnOfLiteral(const Invocation& invocation, std::string_view what,
                            std::string_view secret) {
    if (!secrets::IsLiteral(secret)) return;
    invocation.context.Warn("profile",
                            absl::StrCat(what,
                                         " stands in clear in the configuration; env:NAME or "
                                         "file:PATH keeps it out"));
  }

  absl::StatusOr<profile::Profile> Assemble() const {
    ASSIGN_OR_RETURN(profile::Profile profile, FromUrlOrParts());
    profile.tools = profile_.tools;
    RETURN_IF_ERROR(AddParameters(profile));
    return profile;
  }

  absl::StatusOr<profile::Profile> FromUrlOrParts() const {
    if (url_.empty()) {
      if (!profile_.driver.empty()) {
        profile::Profile profile = profile_;
        profile.parameters.clear();
        return profile;
      }
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
    return profile;
  }

  // Those of the options, which must not repeat those of the URL.
  absl::Status AddParameters(profile::Profile& profile) const {
    std::vector<std::pair<std::string, std::string>> added(profile_.parameters.begin(),
                                                           profile_.parameters.end());
    for (const std::string& parameter : parameters_) {
      const size_t equals = parameter.find('=');
      if (equals == std::string::npos || equals == 0) {
        // What stands there may be a secret without its name.
        return errs::UserError("profile add", errs::kInvalidArgument,
                               "a --parameter is not of the form NAME=VALUE",
                               "as in --parameter connect_timeout=10");
      }
      added.emplace_back(parameter.substr(0, equals), parameter.substr(equals + 1));
    }
    for (auto& [name, value] : added) {
      if (profile.parameters.emplace(name, std::move(value)).second) continue;
      return errs::UserError("profile add", errs::kInvalidArgument,
                             absl::StrCat("the parameter \"", name, "\" is given twice"),
                             "leave one of the two out");
    }
    return absl::OkStatus();
  }

  profile::Profile profile_;
  std::vector<std::string> parameters_;
  std::string url_;
};

class ProfileListCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.Footer(
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
  void Define(Parser& parser) override {
    parser.AddOption("name", name_, "The profile").TypeName("NAME").Required();
    parser.Footer(
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
      const auto add = [&rows](const std::string& key, const Json& value) {
        rows.push_back({key, value.is_string() ? value.get<std::string>() : value.dump()});
      };
      for (const auto& [key, value] : json.items()) {
        if (!value.is_object()) add(key, value);
      }
      const Json parameters = json.value("parameters", Json::object());
      for (const auto& [name, value] : parameters.items()) add(name, value);
      out << FormatTable(rows, {false, false});
    });
    return absl::OkStatus();
  }

 private:
  std::string name_;
};

class ProfileRmCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("name", name_, "The profile").TypeName("NAME").Required();
    parser.Footer(
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
  void Define(Parser& parser) override {
    parser.AddOption("name", name_, "Profile or database URL").TypeName("PROFILE").Required();
    parser.Footer(
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

void DefineProfile(Parser& root, Selection& selection) {
  Parser profile = root.AddCommand("profile", "Add, list, show, remove and test profiles");
  profile.RequireCommand();
  profile.Footer(
      "Examples:\n"
      "  siphon profile add app --url sqlite:///srv/app/app.db\n"
      "  siphon profile test app");
  AddCommand<ProfileAddCommand>(profile, "add", "Add a profile to the configuration", selection);
  AddCommand<ProfileListCommand>(profile, "list", "List the profiles", selection);
  AddCommand<ProfileShowCommand>(profile, "show", "Show a profile, without its secret", selection);
  AddCommand<ProfileRmCommand>(profile, "rm", "Remove a profile from the configuration", selection);
  AddCommand<ProfileTestCommand>(profile, "test", "Connect to a profile's database", selection);
}

}  // namespace siphon::cli
