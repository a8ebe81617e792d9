// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"
#include "siphon/domain/config/closest.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/config/encryption_parse.h"
#include "siphon/domain/config/notify_parse.h"
#include "siphon/domain/config/storage_parse.h"
#include "siphon/domain/config/yaml_reader.h"
#include "siphon/domain/config/yaml_tree.h"
#include "siphon/domain/notify/endpoint.h"
#include "siphon/domain/notify/template.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/profile/url.h"
#include "siphon/domain/secrets/secrets.h"

namespace siphon::config {
namespace {

using Field = YamlReader::Field;

constexpr int kNoLimit = std::numeric_limits<int>::max();

// Converts the YAML tree to a Config, section by section (docs/contracts.md#configuration).
class ConfigParser {
 public:
  ConfigParser(const base::Environment& environment, Loaded& loaded)
      : environment_(environment),
        loaded_(loaded),
        config_(loaded.config),
        reader_(loaded.path, environment, loaded.findings) {}

  absl::Status ParseRoot(const YamlNode& root);
  bool has_literal_secret() const { return has_literal_secret_; }

 private:
  YamlReader::ReadFunction Section(absl::Status (ConfigParser::*parse)(const YamlNode&,
                                                                       const std::string&)) {
    return [this, parse](const YamlNode& node, const std::string& where) {
      return (this->*parse)(node, where);
    };
  }
  absl::Status ParseVersion(const YamlNode& node, const std::string& where);
  absl::Status ParseDefaults(const YamlNode& node, const std::string& where);
  absl::Status ParseStorageSection(const YamlNode& node, const std::string& where);
  absl::Status ParseEncryptionSection(const YamlNode& node, const std::string& where);
  absl::Status ParseAudit(const YamlNode& node, const std::string& where);
  absl::Status ParseTelemetry(const YamlNode& node, const std::string& where);
  absl::Status ParseSecrets(const YamlNode& node, const std::string& where);
  absl::Status ParseGroups(const YamlNode& node, const std::string& where);
  absl::Status ParseProfiles(const YamlNode& node, const std::string& where);
  absl::Status ParseProfile(const YamlEntry& entry, const std::string& where);
  absl::Status NoDriver(const YamlEntry& entry, const std::string& where);
  // Parses a profile; with a variable that is not set, moves it to Loaded::unusable.
  absl::Status ParseUsableProfile(const YamlEntry& entry, const std::string& where);
  absl::Status ParseRetention(const YamlNode& node, const std::string& where, Retention& out);
  absl::Status ParseParameters(const YamlNode& node, const std::string& where,
                               profile::Profile& profile);
  // Moves the settings in `keys` to the parameters of the profile, and sslmode to its field. A
  // setting that is given twice is an error.
  absl::Status JoinParameters(const YamlEntry& entry, const std::string& where,
                              std::map<std::string, std::string> keys, profile::Profile& profile);
  absl::Status ParseTunnel(const YamlNode& node, const std::string& where);
  absl::Status CheckGroupsExist() const;
  absl::Status ParseNotifications(const YamlNode& node, const std::string& where);
  // Adds findings about the profiles that the notifications are for.
  void NoteNotifiedProfiles(const YamlNode& node);

  // Reads a secret reference, and adds findings for `config check`.
  YamlReader::ReadFunction SecretInto(std::string& out);
  YamlReader::ReadFunction ToolsInto(std::optional<profile::Tools>& out);
  YamlReader::ReadFunction RetentionInto(Retention& out);
  // Reads the switch of a feature that is not implemented yet.
  YamlReader::ReadFunction SwitchInto(bool& out, std::string_view note);
  // Adds a finding: the key is accepted and has no effect.
  YamlReader::ReadFunction Unused(YamlReader::ReadFunction read);
  // For values that this version does not use: a variable that is not set is a finding.
  YamlReader::ReadFunction Lenient(YamlReader::ReadFunction read);

  struct GroupUse {
    const YamlNode* node;
    std::string where;
    std::string group;
  };

  const base::Environment& environment_;
  Loaded& loaded_;
  Config& config_;
  YamlReader reader_;
  std::vector<GroupUse> group_uses_;
  const YamlNode* notify_ = nullptr;
  bool has_literal_secret_ = false;
};

absl::Status ConfigParser::ParseRoot(const YamlNode& root) {
  config_.dump_dir = DefaultDumpDirectory(environment_);
  const std::string home = environment_.GetOrEmpty("HOME");
  if (!home.empty()) {
    config_.audit_path = absl::StrCat(home, "/.local/state/siphon/audit.log");
    config_.telemetry_path = absl::StrCat(home, "/.local/state/siphon/telemetry.json");
  }
  RETURN_IF_ERROR(
      reader_.ReadFields(root, "",
                         {{"version", Section(&ConfigParser::ParseVersion)},
                          {"defaults", Section(&ConfigParser::ParseDefaults)},
                          {"storage", Section(&ConfigParser::ParseStorageSection)},
                          {"encryption", Section(&ConfigParser::ParseEncryptionSection)},
                          {"audit", Lenient(Section(&ConfigParser::ParseAudit))},
                          {"telemetry", Lenient(Section(&ConfigParser::ParseTelemetry))},
                          {"secrets", Lenient(Section(&ConfigParser::ParseSecrets))},
                          {"profiles", Section(&ConfigParser::ParseProfiles)},
                          {"groups", Section(&ConfigParser::ParseGroups)},
                          {"notify", Section(&ConfigParser::ParseNotifications)}}));
  RETURN_IF_ERROR(reader_.TakeUnset());
  RETURN_IF_ERROR(CheckGroupsExist());
  if (notify_ != nullptr) NoteNotifiedProfiles(*notify_);
  std::stable_sort(loaded_.findings.begin(), loaded_.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.line < b.line; });
  return absl::OkStatus();
}

absl::Status ConfigParser::ParseVersion(const YamlNode& node, const std::string& where) {
  std::string version = "1";
  RETURN_IF_ERROR(reader_.TextInto(version)(node, where));
  if (version == "1") return absl::OkStatus();
  return reader_.Fail(
      node, where, absl::StrCat("must be 1, is \"", ShownText(node.value), "\""),
      "a newer siphon may have written this file: update siphon, or set version: 1");
}

YamlReader::ReadFunction ConfigParser::Unused(YamlReader::ReadFunction read) {
  return [this, read = std::move(read)](const YamlNode& node, const std::string& where) {
    if (node.kind != YamlNode::Kind::kNull) {
      reader_.Note(node, absl::StrCat(where, " has no effect in this version"));
    }
    return read(node, where);
  };
}

YamlReader::ReadFunction ConfigParser::Lenient(YamlReader::ReadFunction read) {
  return [this, read = std::move(read)](const YamlNode& node,
                                        const std::string& where) -> absl::Status {
    absl::Status before = reader_.TakeUnset();
    RETURN_IF_ERROR(read(node, where));
    const std::optional<errs::Error> unset = errs::GetError(reader_.TakeUnset());
    if (unset.has_value()) {
      // The finding has the file and the line, which begin the detail of the error.
      std::string_view detail = unset->detail;
      if (absl::ConsumePrefix(&detail, loaded_.path)) {
        detail.remove_prefix(std::min(detail.size(), detail.find(": ") + 2));
      }
      reader_.Note(node, std::string(detail));
    }
    reader_.PutUnset(std::move(before));
    return absl::OkStatus();
  };
}

YamlReader::ReadFunction ConfigParser::SwitchInto(bool& out, std::string_view note) {
  return [this, &out, note](const YamlNode& node, const std::string& where) -> absl::Status {
    RETURN_IF_ERROR(reader_.BoolInto(out)(node, where));
    if (out) reader_.Note(node, absl::StrCat(where, ": ", note));
    return absl::OkStatus();
  };
}

YamlReader::ReadFunction ConfigParser::RetentionInto(Retention& out) {
  return [this, &out](const YamlNode& node, const std::string& where) {
    return ParseRetention(node, where, out);
  };
}

YamlReader::ReadFunction ConfigParser::SecretInto(std::string& out) {
  return [this, &out](const YamlNode& node, const std::string& where) -> absl::Status {
    ASSIGN_OR_RETURN(Expansion secret, reader_.SecretText(node, where));
    out = std::move(secret.text);
    // The value of a variable is not in the file.
    if (secret.has_reference || out.empty()) return absl::OkStatus();
    if (secrets::IsLiteral(out)) {
      has_literal_secret_ = true;
      reader_.Note(node, absl::StrCat(where,
                                      " is written in clear; use env:NAME, file:/path or "
                                      "prompt: instead"));
    }
    const absl::StatusOr<secrets::Reference> reference = secrets::ParseReference(out);
    if (!reference.ok()) {
      const std::optional<errs::Error> error = errs::GetError(reference.status());
      reader_.Note(node, absl::StrCat(where, ": ", error ? error->detail : "not a secret reference",
                                      error ? absl::StrCat("; ", error->hint) : ""));
    }
    return absl::OkStatus();
  };
}

YamlReader::ReadFunction ConfigParser::ToolsInto(std::optional<profile::Tools>& out) {
  return [this, &out](const YamlNode& node, const std::string& where) -> absl::Status {
    std::string name;
    RETURN_IF_ERROR(reader_.TextInto(name)(node, where));
    if (name.empty()) return absl::OkStatus();
    out = profile::ParseTools(name);
    if (out.has_value()) return absl::OkStatus();
    return reader_.Fail(
        node, where,
        absl::StrCat("must be auto, builtin or system, is \"", ShownText(node.value), "\""));
  };
}

absl::Status ConfigParser::ParseRetention(const YamlNode& node, const std::string& where,
                                          Retention& out) {
  const auto gfs = [this, &out](const YamlNode& gfs_node, const std::string& gfs_where) {
    return reader_.ReadFields(gfs_node, gfs_where,
                              {{"hourly", reader_.IntInto(out.gfs_hourly, 0, kNoLimit)},
                               {"daily", reader_.IntInto(out.gfs_daily, 0, kNoLimit)},
                               {"weekly", reader_.IntInto(out.gfs_weekly, 0, kNoLimit)},
                               {"monthly", reader_.IntInto(out.gfs_monthly, 0, kNoLimit)},
                               {"yearly", reader_.IntInto(out.gfs_yearly, 0, kNoLimit)}});
  };
  return reader_.ReadFields(node, where,
                            {{"keep_last", reader_.IntInto(out.keep_last, 0, kNoLimit)},
                             {"max_age", reader_.DurationInto(out.max_age)},
                             {"keep_within", reader_.DurationInto(out.keep_within)},
                             {"gfs", gfs},
                             {"size_guard", reader_.IntInto(out.size_guard, 0, 100)}});
}

absl::Status ConfigParser::ParseDefaults(const YamlNode& node, const std::string& where) {
  std::string secret_backend;
  return reader_.ReadFields(node, where,
                            {{"dump_dir", reader_.PathInto(config_.dump_dir)},
                             {"jobs", reader_.IntInto(config_.jobs, 0, kNoLimit)},
                             {"compression", reader_.IntInto(config_.compression, 0, 9)},
                             {"tools", ToolsInto(config_.tools)},
                             {"secret_backend", Unused(reader_.TextInto(secret_backend))},
                             {"retention", RetentionInto(config_.retention)}});
}

absl::Status ConfigParser::ParseStorageSection(const YamlNode& node, const std::string& where) {
  return ParseStorage(
      reader_, [this](std::string& out) { return SecretInto(out); },
      [this](YamlReader::ReadFunction read) { return Lenient(std::move(read)); }, node, where,
      config_.storage);
}

absl::Status ConfigParser::ParseEncryptionSection(const YamlNode& node, const std::string& where) {
  return ParseEncryption(
      reader_, [this](std::string& out) { return SecretInto(out); }, node, where,
      config_.encryption);
}

absl::Status ConfigParser::ParseAudit(const YamlNode& node, const std::string& where) {
  return reader_.ReadFields(
      node, where,
      {{"enabled",
        SwitchInto(config_.audit_enabled, "the audit log is not written by this version yet")},
       {"path", reader_.PathInto(config_.audit_path)}});
}

absl::Status ConfigParser::ParseTelemetry(const YamlNode& node, const std::string& where) {
  return reader_.ReadFields(
      node, where,
      {{"enabled",
        SwitchInto(config_.telemetry_enabled, "telemetry is not written by this version yet")},
       {"path", reader_.PathInto(config_.telemetry_path)}});
}

absl::Status ConfigParser::ParseSecrets(const YamlNode& node, const std::string& where) {
  return reader_.ReadFields(
      node, where,
      {{"awssm", SwitchInto(config_.awssm, "AWS Secrets Manager is not read by this version yet")},
       {"awssm_region", reader_.TextInto(config_.awssm_region)}});
}

absl::Status ConfigParser::ParseGroups(const YamlNode& node, const std::string& where) {
  ASSIGN_OR_RETURN(const std::vector<YamlEntry> entries, reader_.Entries(node, where));
  for (const YamlEntry& entry : entries) {
    if (entry.key->value.empty()) return reader_.Fail(*entry.key, where, "a group needs a name");
    Group& group = config_.groups[entry.key->value];
    RETURN_IF_ERROR(
        reader_.ReadFields(*entry.value, absl::StrCat(where, ".", ShownText(entry.key->value)),
                           {{"color", reader_.TextInto(group.color)},
                            {"require_2fa", reader_.BoolInto(group.require_2fa)},
                            {"confirm_destructive", reader_.BoolInto(group.confirm_destructive)},
                            {"totp_secret", Lenient(SecretInto(group.totp_secret))}}));
  }
  return absl::OkStatus();
}

absl::Status ConfigParser::ParseTunnel(const YamlNode& node, const std::string& where) {
  std::string bastion;
  int local_port = 0;
  return reader_.ReadFields(node, where,
                            {{"bastion", reader_.TextInto(bastion)},
                             {"local_port", reader_.IntInto(local_port, 0, 65535)}});
}

absl::Status ConfigParser::ParseParameters(const YamlNode& node, const std::string& where,
                                           profile::Profile& profile) {
  ASSIGN_OR_RETURN(const std::vector<YamlEntry> entries, reader_.Entries(node, where));
  for (const YamlEntry& entry : entries) {
    const std::string place = absl::StrCat(where, ".", ShownText(entry.key->value));
    std::string& parameter = profile.parameters[entry.key->value];
    if (profile::IsSecretParameter(entry.key->value)) {
      RETURN_IF_ERROR(SecretInto(parameter)(*entry.value, place));
      continue;
    }
    ASSIGN_OR_RETURN(Expansion value, reader_.Text(*entry.value, place));
    parameter = std::move(value.text);
  }
  return absl::OkStatus();
}

absl::Status ConfigParser::JoinParameters(const YamlEntry& entry, const std::string& where,
                                          std::map<std::string, std::string> keys,
                                          profile::Profile& profile) {
  const auto twice = [&](std::string_view name) {
    return reader_.Fail(*entry.key, where,
                        absl::StrCat(name, " is given as a key and as a parameter"),
                        "remove one of them");
  };
  for (auto& [name, value] : keys) {
    if (value.empty()) continue;
    if (!profile.parameters.emplace(name, std::move(value)).second) return twice(name);
  }
  const auto sslmode = profile.parameters.extract("sslmode");
  if (sslmode.empty()) return absl::OkStatus();
  if (!profile.sslmode.empty()) return twice("sslmode");
  profile.sslmode = sslmode.mapped();
  return absl::OkStatus();
}

// The error of a profile without a driver. A key that stands in its place, such as "url", is named.
absl::Status ConfigParser::NoDriver(const YamlEntry& entry, const std::string& where) {
  constexpr std::string_view kAdd = "add driver: sqlite (or postgres, mysql, mariadb)";
  ASSIGN_OR_RETURN(const std::vector<YamlEntry> keys, reader_.Entries(*entry.value, where));
  for (const YamlEntry& given : keys) {
    const std::string& key = given.key->value;
    if (key == "url" || key == "uri" || key == "dsn") {
      return reader_.Fail(*given.key, where,
                          absl::StrCat("the key driver is missing, and a profile has no key ", key),
                          "write the parts of the URL as driver, host, port, user, password and "
                          "database; 'siphon profile add NAME --url URL' does that");
    }
    if (key == "engine" || key == "type" || Closest(key, {"driver"}).has_value()) {
      return reader_.Fail(*given.key, where,
                          absl::StrCat("the key driver is missing, and a profile has no key ", key),
                          absl::StrCat("write driver instead of ", key));
    }
  }
  return reader_.Fail(*entry.key, where, "the key driver is missing", kAdd);
}

absl::Status ConfigParser::ParseProfile(const YamlEntry& entry, const std::string& where) {
  const std::string& name = entry.key->value;
  profile::Profile& profile = config_.profiles[name];
  profile.name = name;
  const auto group = [&](const YamlNode& node, const std::string& group_where) -> absl::Status {
    RETURN_IF_ERROR(reader_.TextInto(profile.group)(node, group_where));
    if (!profile.group.empty()) group_uses_.push_back({&node, group_where, profile.group});
    return absl::OkStatus();
  };
  const auto retention = [&](const YamlNode& node, const std::string& place) -> absl::Status {
    if (node.kind == YamlNode::Kind::kNull) return absl::OkStatus();
    return ParseRetention(node, place, config_.profile_retention[name]);
  };
  const auto parameters = [&](const YamlNode& node, const std::string& place) {
    return ParseParameters(node, place, profile);
  };
  std::vector<Field> fields = {{"driver", reader_.TextInto(profile.driver)},
                               {"host", reader_.TextInto(profile.host)},
                               {"port", reader_.IntInto(profile.port, 0, 65535)},
                               {"user", reader_.TextInto(profile.user)},
                               {"password", SecretInto(profile.password)},
                               {"database", reader_.TextInto(profile.database)},
                               {"sslmode", reader_.TextInto(profile.sslmode)},
                               {"group", group},
                               {"tools", ToolsInto(profile.tools)},
                               {"migrations", reader_.PathInto(profile.migrations)},
                               {"parameters", parameters},
                               {"retention", retention},
                               {"tunnel", Unused(Section(&ConfigParser::ParseTunnel))}};
  std::map<std::string, std::string> keys;
  for (const std::string_view key : profile::kParameterKeys) {
    std::string& value = keys[std::string(key)];
    fields.push_back(
        {key, profile::IsSecretParameter(key) ? SecretInto(value) : reader_.TextInto(value)});
  }
  RETURN_IF_ERROR(reader_.ReadFields(*entry.value, where, fields));
  RETURN_IF_ERROR(JoinParameters(entry, where, std::move(keys), profile));
  if (!profile.driver.empty()) return absl::OkStatus();
  return NoDriver(entry, where);
}

absl::Status ConfigParser::ParseUsableProfile(const YamlEntry& entry, const std::string& where) {
  absl::Status before = reader_.TakeUnset();
  absl::Status parsed = ParseProfile(entry, where);
  absl::Status unset = reader_.TakeUnset();
  reader_.PutUnset(std::move(before));
  if (unset.ok()) return parsed;
  config_.profiles.erase(entry.key->value);
  config_.profile_retention.erase(entry.key->value);
  loaded_.unusable[entry.key->value] = std::move(unset);
  return absl::OkStatus();
}

absl::Status ConfigParser::ParseProfiles(const YamlNode& node, const std::string& where) {
  ASSIGN_OR_RETURN(const std::vector<YamlEntry> entries, reader_.Entries(node, where));
  for (const YamlEntry& entry : entries) {
    const absl::Status valid = ValidateProfileName(entry.key->value);
    if (!valid.ok()) {
      const std::optional<errs::Error> error = errs::GetError(valid);
      return reader_.Fail(*entry.key, where, error ? error->detail : "a profile's name is invalid",
                          error ? error->hint : "");
    }
    RETURN_IF_ERROR(ParseUsableProfile(entry, absl::StrCat(where, ".", entry.key->value)));
  }
  return absl::OkStatus();
}

absl::Status ConfigParser::CheckGroupsExist() const {
  for (const GroupUse& use : group_uses_) {
    if (config_.groups.contains(use.group)) continue;
    return reader_.Fail(*use.node, use.where,
                        absl::StrCat("there is no group \"", ShownText(use.node->value), "\""),
                        "add it under groups:, or take the key group out of the profile");
  }
  return absl::OkStatus();
}

absl::Status ConfigParser::ParseNotifications(const YamlNode& node, const std::string& where) {
  notify_ = &node;
  return ParseNotify(
      reader_, [this](std::string& out) { return SecretInto(out); }, node, where, loaded_);
}

void ConfigParser::NoteNotifiedProfiles(const YamlNode& node) {
  std::vector<std::string_view> known;
  for (const auto& [name, profile] : config_.profiles) known.push_back(name);
  for (const auto& [name, why] : loaded_.unusable) known.push_back(name);
  for (size_t i = 0; i < config_.notifications.size(); ++i) {
    const notify::Endpoint& endpoint = config_.notifications[i];
    if (loaded_.unusable_notifications.contains(endpoint.place)) continue;
    for (const std::string& name : endpoint.profiles) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::optional<std::string_view> meant = Closest(name, known);
      reader_.Note(
          *node.items[i],
          absl::StrCat(endpoint.place, ".profiles: there is no profile \"", ShownText(name), "\"",
                       meant.has_value() ? absl::StrCat("; did you mean \"", *meant, "\"?") : ""));
    }
    const size_t count = endpoint.profiles.empty() ? known.size() : endpoint.profiles.size();
    if (endpoint.kind != notify::Endpoint::Kind::kPing || count < 2) continue;
    const auto url = notify::Template::Parse(endpoint.url);
    if (!url.ok() || url->names_profile()) continue;
    reader_.Note(*node.items[i],
                 absl::StrCat(endpoint.place, ": ", count,
                              " profiles share one check, so a success of one hides the failure of "
                              "another; write {{profile}} in the URL, or one entry for each"));
  }
}

struct Parsed {
  Loaded loaded;
  bool has_literal_secret = false;
};

absl::StatusOr<Parsed> ParseText(std::string text, std::string path,
                                 const base::Environment& environment) {
  ASSIGN_OR_RETURN(const YamlTree tree, YamlTree::Parse(text, path));
  Parsed parsed;
  parsed.loaded.path = std::move(path);
  parsed.loaded.exists = true;
  parsed.loaded.text = std::move(text);
  ConfigParser parser(environment, parsed.loaded);
  RETURN_IF_ERROR(parser.ParseRoot(tree.root()));
  parsed.has_literal_secret = parser.has_literal_secret();
  return parsed;
}

// Adds a finding for a file with a literal secret that other users can read.
void NotePermissions(Parsed& parsed) {
  struct stat info;
  if (!parsed.has_literal_secret || stat(parsed.loaded.path.c_str(), &info) != 0) return;
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) == 0) return;
  std::vector<Finding>& findings = parsed.loaded.findings;
  findings.insert(
      findings.begin(),
      {0, absl::StrCat("the file holds a secret in clear and other users can read it; run "
                       "chmod 600 ",
                       parsed.loaded.path)});
}

// The configuration says which files and servers siphon uses: nobody but root and the user who runs
// siphon (with sudo, also the one who called it) may be able to write to it.
absl::Status CheckOwner(const std::string& path, const base::Environment& environment) {
  const absl::Status links = base::ResolveLinks("config", path).status();
  if (errs::Is(links, errs::kIo)) return links;
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)) return absl::OkStatus();
  // Under sudo, the file may be its caller's, and the group of that user's own.
  const bool callers = environment.GetOrEmpty("SUDO_UID") == absl::StrCat(info.st_uid);
  const bool own_group = info.st_gid == 0 || info.st_gid == getegid() ||
                         environment.GetOrEmpty("SUDO_GID") == absl::StrCat(info.st_gid);
  if (!base::IsTrustedUser(info.st_uid) && !callers) {
    return errs::UserError(
        "config", errs::kConfigInvalid,
        absl::StrCat(path, " belongs to ", base::DescribeUser(info.st_uid)),
        "change its owner with chown after reading it, or name another file with --config");
  }
  if ((info.st_mode & S_IWOTH) != 0) {
    return errs::UserError("config", errs::kConfigInvalid,
                           absl::StrCat(path, ": everybody may write to it"),
                           "look at what it says, then use chmod o-w");
  }
  if ((info.st_mode & S_IWGRP) == 0 || own_group) return absl::OkStatus();
  return errs::UserError("config", errs::kConfigInvalid,
                         absl::StrCat(path, ": group ", info.st_gid, " may write to it"),
                         "look at what it says, then use chmod g-w");
}

}  // namespace

absl::StatusOr<Loaded> Parse(std::string text, std::string path,
                             const base::Environment& environment) {
  ASSIGN_OR_RETURN(Parsed parsed, ParseText(std::move(text), std::move(path), environment));
  return std::move(parsed.loaded);
}

absl::StatusOr<Loaded> Load(const std::string& path, const base::Environment& environment) {
  RETURN_IF_ERROR(CheckOwner(path, environment));
  absl::StatusOr<std::string> text = base::ReadFile(path, YamlTree::kMaxBytes);
  const bool missing = !text.ok() && errs::Is(text.status(), errs::kNotFound);
  if (!text.ok() && !missing) return errs::WithOp(text.status(), "config");
  ASSIGN_OR_RETURN(Parsed parsed, ParseText(missing ? "" : *std::move(text), path, environment));
  parsed.loaded.exists = !missing;
  if (!missing) NotePermissions(parsed);
  return std::move(parsed.loaded);
}

}  // namespace siphon::config
