// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_CONFIG_H_
#define SIPHON_DOMAIN_CONFIG_CONFIG_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/environment.h"
#include "siphon/domain/dumps/retention.h"
#include "siphon/domain/notify/endpoint.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::config {

using dumps::Retention;

struct Group {
  std::string color;
  bool require_2fa = false;
  bool confirm_destructive = false;
  std::string totp_secret;  // A secret reference.

  friend bool operator==(const Group&, const Group&) = default;
};

// Where the dumps are; docs/config.md describes the keys.
struct Storage {
  std::string type = "local";  // "local", "s3" or "sftp".
  // Of s3.
  std::string bucket = {}, prefix = {}, region = {}, endpoint = {};
  std::optional<bool> path_style = {};
  std::string aws_profile = {};
  std::string access_key = {}, secret_key = {}, session_token = {};  // Secret references.
  std::string ca_file = {};
  std::string part_size = {};
  // Of sftp.
  std::string host = {}, user = {}, path = {};
  std::optional<int> port = {};
  std::string identity_file = {}, known_hosts = {}, ssh_config = {};

  friend bool operator==(const Storage&, const Storage&) = default;
};

// The keys of dumps (docs/encryption.md).
struct Encryption {
  // Every new dump is encrypted to them; empty: dumps are written clear.
  std::vector<age::Recipient> recipients = {};
  std::vector<std::string> identities = {};  // Paths of identity files.
  std::string passphrase = {};  // Of identity files: a secret reference; empty: ask for it.

  friend bool operator==(const Encryption&, const Encryption&) = default;
};

// The keys of the configuration (docs/contracts.md#configuration), with ${VAR} and $VAR expanded in
// the values.
struct Config {
  int version = 1;
  std::string dump_dir;  // Never empty after Load(): the default is filled in.
  std::optional<int> compression;
  std::optional<int> jobs;  // 0 is the same as none.
  std::optional<profile::Tools> tools;
  Retention retention;
  Storage storage;
  Encryption encryption;
  bool audit_enabled = false;
  std::string audit_path;
  bool telemetry_enabled = false;
  std::string telemetry_path;
  bool awssm = false;
  std::string awssm_region;
  std::map<std::string, profile::Profile> profiles;
  std::map<std::string, Retention> profile_retention;  // Replaces all of `retention`.
  std::map<std::string, Group> groups;
  std::vector<notify::Endpoint> notifications;  // The list `notify`, in the order of the file.

  friend bool operator==(const Config&, const Config&) = default;
};

// A warning of `config check` about a usable configuration.
struct Finding {
  int line = 0;         // Counted from 1; 0 for the whole file.
  std::string message;  // "unknown key \"profils\"; did you mean \"profiles\"?"
};

// A configuration with its source text.
struct Loaded {
  std::string path;
  bool exists = false;
  std::string text;  // The content of the file, without expansion.
  Config config;
  // Unknown keys, keys without effect, literal passwords, permissions of the file.
  std::vector<Finding> findings;
  // The profiles with a variable that is not set, which `config` does not have, with the error for
  // those who use them.
  std::map<std::string, absl::Status> unusable;
  // The same for notifications, by Endpoint::place. Their entries in `config` are incomplete.
  std::map<std::string, absl::Status> unusable_notifications;
};

// The place of the dumps for messages: their directory, "s3://bucket/prefix", or
// "sftp://user@host/path".
std::string DumpPlace(const Config& config);

// $SIPHON_CONFIG_HOME/config.yaml, else $XDG_CONFIG_HOME/siphon/config.yaml, else
// ~/.config/siphon/config.yaml.
absl::StatusOr<std::string> DefaultPath(const base::Environment& environment);
// The directory of the dumps where the configuration names none: $XDG_DATA_HOME/siphon/dumps, else
// ~/.local/share/siphon/dumps, else (without HOME) /var/lib/siphon/dumps.
std::string DefaultDumpDirectory(const base::Environment& environment);
// That directory, and those that it would be if some of the variables were not set.
std::vector<std::string> DefaultDumpDirectories(const base::Environment& environment);

// Parses `text`. Errors are errs::kConfigInvalid and name file, line and key. Never throws. "$$"
// means "$". A variable that is not set makes its profile unusable; in a section that this version
// does not use it is a finding, elsewhere an error.
absl::StatusOr<Loaded> Parse(std::string text, std::string path,
                             const base::Environment& environment);
// Reads `path`; a missing file is an empty configuration with exists == false.
absl::StatusOr<Loaded> Load(const std::string& path, const base::Environment& environment);

// Checks the name of a profile: 1 to 64 characters of [A-Za-z0-9._-], the first not '.' or '-'.
absl::Status ValidateProfileName(std::string_view name);

// Add or remove a profile in the text of a configuration. All other text, comments and order are
// kept. The result is parsed before it is returned. Where the text does not allow a local change (a
// flow mapping, an anchor), the error names the line to edit by hand. errs::kAlreadyExists if the
// profile to add exists, errs::kNotFound if the profile to remove does not.
absl::StatusOr<std::string> AddProfile(const Loaded& loaded, const profile::Profile& profile,
                                       const base::Environment& environment);
absl::StatusOr<std::string> RemoveProfile(const Loaded& loaded, std::string_view name,
                                          const base::Environment& environment);

// Writes the file with mode 0600 (its directory with 0700): temporary file, sync, rename. A
// symbolic link is followed, not replaced.
absl::Status Save(const std::string& path, std::string_view text);

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_CONFIG_H_
