// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_CONFIG_H_
#define SIPHON_DOMAIN_CONFIG_CONFIG_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/base/environment.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::config {

// Which dumps to keep; 0 is "no rule".
struct Retention {
  int keep_last = 0;
  std::optional<absl::Duration> max_age;
  int gfs_daily = 0;
  int gfs_weekly = 0;
  int gfs_monthly = 0;

  friend bool operator==(const Retention&, const Retention&) = default;
};

struct Group {
  std::string color;
  bool require_2fa = false;
  bool confirm_destructive = false;
  std::string totp_secret;  // A secret reference.

  friend bool operator==(const Group&, const Group&) = default;
};

struct Storage {
  std::string type = "local";  // "local" or "s3".
  std::string bucket, prefix, region, endpoint;

  friend bool operator==(const Storage&, const Storage&) = default;
};

// The keys of the configuration (docs/contracts.md#configuration), with ${VAR} and $VAR expanded in
// the values.
struct Config {
  int version = 1;
  std::string dump_dir;  // Never empty after Load(): the default is filled in.
  std::optional<int> compression;
  std::optional<profile::Tools> tools;
  Retention retention;
  Storage storage;
  bool audit_enabled = false;
  std::string audit_path;
  bool telemetry_enabled = false;
  std::string telemetry_path;
  bool awssm = false;
  std::string awssm_region;
  std::map<std::string, profile::Profile> profiles;
  std::map<std::string, Retention> profile_retention;  // Replaces `retention` wholesale.
  std::map<std::string, Group> groups;

  friend bool operator==(const Config&, const Config&) = default;
};

// Something that `config check` says of a configuration that is otherwise usable.
struct Finding {
  int line = 0;         // 1-based; 0 when it is of the whole file.
  std::string message;  // "unknown key \"profils\"; did you mean \"profiles\"?"
};

// A configuration with the text that it came from.
struct Loaded {
  std::string path;
  bool exists = false;
  std::string text;  // As in the file, nothing expanded.
  Config config;
  std::vector<Finding> findings;  // Unknown keys, literal passwords, permissions, keys without use.
};

// $SIPHON_CONFIG_HOME/config.yaml, else $XDG_CONFIG_HOME/siphon/config.yaml, else
// ~/.config/siphon/config.yaml.
absl::StatusOr<std::string> DefaultPath(const base::Environment& environment);
// $XDG_DATA_HOME/siphon/dumps, else ~/.local/share/siphon/dumps.
std::string DefaultDumpDirectory(const base::Environment& environment);

// Parses `text`; errors are errs::kConfigInvalid and name file, line and key. Never throws.
// A ${VAR} that is not set is an error that names it; "$$" stands for "$".
absl::StatusOr<Loaded> Parse(std::string text, std::string path,
                             const base::Environment& environment);
// Reads `path`; a missing file is an empty configuration with exists == false.
absl::StatusOr<Loaded> Load(const std::string& path, const base::Environment& environment);

// A profile's name: 1 to 64 of [A-Za-z0-9._-], not starting with '.' or '-'.
absl::Status ValidateProfileName(std::string_view name);

// Change the text of a configuration and nothing else in it: comments, references and order stay.
// The result is parsed again before it is returned; when the text's form does not allow a local
// change (a flow mapping, an anchor), the error says so and what to edit by hand.
// errs::kAlreadyExists when the profile is there, errs::kNotFound when it is not.
absl::StatusOr<std::string> AddProfile(const Loaded& loaded, const profile::Profile& profile,
                                       const base::Environment& environment);
absl::StatusOr<std::string> RemoveProfile(const Loaded& loaded, std::string_view name,
                                          const base::Environment& environment);

// Writes the file with mode 0600 (directory 0700) by temporary file, fsync and rename. A symbolic
// link is followed, not replaced.
absl::Status Save(const std::string& path, std::string_view text);

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_CONFIG_H_
