// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/profile/profile.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/inspect.h"
#include "siphon/app/profiles.h"
#include "siphon/app/rights.h"
#include "siphon/base/printable.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/cli/table.h"
#include "siphon/domain/profile/url.h"
#include "siphon/domain/secrets/secrets.h"

namespace siphon::cli {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kTlsOptions = {
    {{"--sslrootcert", "File with the CA certificates that verify the server"},
     {"--sslcert", "File with the client certificate"},
     {"--sslkey", "File with the private key of the client certificate"}}};

class ProfileAddCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("name", profile_.name, "Name of the new profile").TypeName("NAME").Required();
    parser.AddOption("--url", url_, "Database URL, instead of --driver, --host and so on")
        .TypeName("URL");
    parser.AddOption("--driver", profile_.driver, "Engine (see 'siphon drivers')")
        .TypeName("ENGINE");
    parser.AddOption("--host", profile_.host, "Host name or address of the server")
        .TypeName("HOST");
    parser.AddOption("--port", profile_.port, "Port of the server")
        .TypeName("PORT")
        .InRange(1, 65535);
    parser.AddOption("--user", profile_.user, "User name").TypeName("USER");
    parser
        .AddOption("--password", profile_.password,
                   "Reference to the password: env:NAME, file:PATH or prompt:, or literal:TEXT to "
                   "store it "
                   "in clear text")
        .TypeName("REF");
    parser
        .AddOption("--database", profile_.database,
                   "Name of the database; for SQLite the path of the file")
        .TypeName("DB");
    parser
        .AddOption("--sslmode", profile_.sslmode,
                   "TLS mode, named as in libpq, for example verify-full")
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
                           "Another connection setting, for example connect_timeout=10; repeatable")
        .TypeName("NAME=VALUE");
    AddToolsOption(parser, profile_.tools);
    parser.AddOption("--group", profile_.group, "Group that the profile belongs to")
        .TypeName("GROUP");
    parser
        .AddOption("--migrations", profile_.migrations,
                   "Migrations of the database, for 'siphon migrate' without --path")
        .TypeName("PATH");
    parser.Footer(
        "Examples:\n"
        "  siphon profile add app --url sqlite:///srv/app/app.db\n"
        "  siphon profile add app --driver sqlite --database /srv/app/app.db\n"
        "  siphon profile add prod --url 'postgres://app@db/shop?sslmode=verify-full' \\\n"
        "    --password env:PGPASS --sslrootcert /etc/ssl/db-ca.pem");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(const profile::Profile profile, Assemble());
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession(Invocation::NamedConfig::kMayBeCreated));
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
    invocation.context.Warn(
        "profile", absl::StrCat(what,
                                " is stored in clear text in the configuration; use env:NAME "
                                "or file:PATH instead"));
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
                             "--url cannot be combined with --driver, --host, --port, --user, "
                             "--database or --sslmode",
                             "give either the URL or these options");
    }
    ASSIGN_OR_RETURN(profile::Profile profile, profile::ParseUrl(url_));
    profile.name = profile_.name;
    profile.group = profile_.group;
    profile.migrations = profile_.migrations;
    if (!profile_.password.empty()) profile.password = profile_.password;
    return profile;
  }

  // Adds the parameters given as options; none may also be in the URL.
  absl::Status AddParameters(profile::Profile& profile) const {
    std::vector<std::pair<std::string, std::string>> added(profile_.parameters.begin(),
                                                           profile_.parameters.end());
    for (const std::string& parameter : parameters_) {
      const size_t equals = parameter.find('=');
      if (equals == std::string::npos || equals == 0) {
        // The message does not repeat the value, which may be a secret.
        return errs::UserError("profile add", errs::kInvalidArgument,
                               "a --parameter is not of the form NAME=VALUE",
                               "for example --parameter connect_timeout=10");
      }
      added.emplace_back(parameter.substr(0, equals), parameter.substr(equals + 1));
    }
    for (auto& [name, value] : added) {
      if (profile.parameters.emplace(name, std::move(value)).second) continue;
      return errs::UserError("profile add", errs::kInvalidArgument,
                             absl::StrCat("the parameter \"", name, "\" is given twice"),
                             "remove one of the two");
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
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, profile] : session->config().config.profiles) {
      json["profiles"].push_back(ToJson(profile));
      rows.push_back({name, profile.driver, profile.host, profile.database, profile.group});
    }
    for (const auto& [name, why] : session->config().unusable) {
      json["profiles"].push_back({{"name", name}, {"error", ErrorToJson(why)}});
      rows.push_back({name, "unusable", "", "", ""});
      invocation.context.Warn("profile", why.message());
    }
    invocation.output.Result(json, [&](std::ostream& out) {
      if (rows.empty()) {
        out << "no profiles in " << session->config().path << "\n";
        return;
      }
      out << FormatTable({{.title = "NAME", .fit = Fit::kCut},
                          {.title = "DRIVER"},
                          {.title = "HOST", .fit = Fit::kCut, .leave_out = 1},
                          {.title = "DATABASE", .fit = Fit::kCut},
                          {.title = "GROUP", .fit = Fit::kCut, .leave_out = 2}},
                         rows, invocation.env.out_columns);
    });
    return absl::OkStatus();
  }
};

class ProfileShowCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("name", name_, "Name of the profile").TypeName("NAME").Required();
    parser.Footer(
        "Shows the reference to a password, never a password in clear text.\n"
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
      out << FormatTable({{}, {.fit = Fit::kWrap}}, rows, invocation.env.out_columns);
    });
    return absl::OkStatus();
  }

 private:
  std::string name_;
};

class ProfileRmCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("name", name_, "Name of the profile").TypeName("NAME").Required();
    parser.Footer(
        "Removes only the entry in the configuration; the database and its dumps stay.\n"
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
    parser
        .AddRepeatedOption("--for", verbs_,
                           "Also check the rights for this command (sync: those of backup and "
                           "restore; verify: those of verify --restore); can be repeated")
        .TypeName("VERB")
        .OneOf({"backup", "restore", "sync", "verify", "migrate"});
    parser.Footer(
        "Changes nothing. The rights for single objects of a dump, such as owners and extensions, "
        "are\n"
        "known only when it is restored.\n"
        "\n"
        "Examples:\n"
        "  siphon profile test prod\n"
        "  siphon profile test prod --for backup\n"
        "  siphon profile test staging --for restore --for migrate\n"
        "  siphon profile test drill --for verify");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const std::string engine,
                     app::TestConnection(invocation.context, *session, name_));
    for (const std::string& verb : verbs_) {
      for (const app::Purpose purpose : PurposesOf(verb)) {
        RETURN_IF_ERROR(app::CheckRights(invocation.context, *session, name_, purpose));
      }
    }
    Json json;
    json["profile"] = profile::RedactUrl(name_);
    json["ok"] = true;
    json["engine"] = engine;
    if (!verbs_.empty()) json["may"] = verbs_;
    invocation.output.Result(json, [&](std::ostream& out) {
      out << base::Printable(profile::RedactUrl(name_))
          << " is reachable: " << base::Printable(engine) << "\n";
      if (!verbs_.empty()) out << "the user may " << absl::StrJoin(verbs_, ", ") << "\n";
    });
    return absl::OkStatus();
  }

 private:
  static std::vector<app::Purpose> PurposesOf(std::string_view verb) {
    if (verb == "backup") return {app::Purpose::kBackup};
    if (verb == "restore") return {app::Purpose::kRestore};
    if (verb == "verify") return {app::Purpose::kVerify};
    if (verb == "migrate") return {app::Purpose::kMigrate};
    return {app::Purpose::kBackup, app::Purpose::kRestore};
  }

  std::string name_;
  std::vector<std::string> verbs_;
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
  AddCommand<ProfileShowCommand>(profile, "show", "Show a profile without its password", selection);
  AddCommand<ProfileRmCommand>(profile, "rm", "Remove a profile from the configuration", selection);
  AddCommand<ProfileTestCommand>(profile, "test", "Test the connection to a database", selection);
}

}  // namespace siphon::cli
