// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/config/yaml_tree.h"

namespace siphon::config {
namespace {

// The limit of Linux (path_resolution(7)).
constexpr int kMaxSymlinks = 40;

// A directory of the XDG base directory specification, which requires to ignore a relative path.
std::string XdgDirectory(const base::Environment& environment, std::string_view variable,
                         std::string_view below_home) {
  std::string directory = environment.GetOrEmpty(variable);
  if (absl::StartsWith(directory, "/")) return directory;
  const std::string home = environment.GetOrEmpty("HOME");
  return home.empty() ? "" : base::JoinPath(home, below_home);
}

// Follows the symbolic links of `path`, also if the last target does not exist.
absl::StatusOr<std::string> FollowSymlinks(std::string path) {
  for (int i = 0; i < kMaxSymlinks; ++i) {
    std::array<char, PATH_MAX> target;
    const ssize_t length = readlink(path.c_str(), target.data(), target.size());
    if (length < 0 && (errno == EINVAL || errno == ENOENT)) return path;
    if (length < 0) return errs::ErrnoError("config", path, errno);
    const std::string_view link(target.data(), static_cast<size_t>(length));
    path = absl::StartsWith(link, "/") ? std::string(link)
                                       : base::JoinPath(base::SplitPath(path).first, link);
  }
  return errs::ErrnoError("config", path, ELOOP);
}

}  // namespace

absl::StatusOr<std::string> DefaultPath(const base::Environment& environment) {
  const std::string own = environment.GetOrEmpty("SIPHON_CONFIG_HOME");
  if (!own.empty()) return base::JoinPath(own, "config.yaml");
  const std::string directory = XdgDirectory(environment, "XDG_CONFIG_HOME", ".config");
  if (!directory.empty()) return base::JoinPath(directory, "siphon/config.yaml");
  return errs::UserError("config", errs::kConfigInvalid,
                         "the place of the configuration is unknown: HOME is not set",
                         "set HOME or SIPHON_CONFIG_HOME, or name the file with --config");
}

std::string DefaultDumpDirectory(const base::Environment& environment) {
  const std::string directory = XdgDirectory(environment, "XDG_DATA_HOME", ".local/share");
  // Without a home directory, as in a minimal container: the place for data of system services.
  if (directory.empty()) return "/var/lib/siphon/dumps";
  return base::JoinPath(directory, "siphon/dumps");
}

std::vector<std::string> DefaultDumpDirectories(const base::Environment& environment) {
  std::vector<std::string> directories = {DefaultDumpDirectory(environment)};
  const std::string home = environment.GetOrEmpty("HOME");
  if (!home.empty()) {
    directories.push_back(DefaultDumpDirectory(base::Environment({{"HOME", home}})));
  }
  directories.push_back(DefaultDumpDirectory(base::Environment()));
  directories.erase(std::unique(directories.begin(), directories.end()), directories.end());
  return directories;
}

std::string DumpPlace(const Config& config) {
  const Storage& storage = config.storage;
  if (storage.type == "sftp") {
    // As in the URLs of ssh: a relative path is one in the home of the user.
    return absl::StrCat("sftp://", storage.user, storage.user.empty() ? "" : "@", storage.host,
                        storage.port.has_value() ? absl::StrCat(":", *storage.port) : "",
                        absl::StartsWith(storage.path, "/") ? "" : "/~/",
                        absl::StripSuffix(storage.path, "/"));
  }
  if (storage.type != "s3") return config.dump_dir;
  const std::string_view prefix = absl::StripSuffix(storage.prefix, "/");
  return absl::StrCat("s3://", storage.bucket, prefix.empty() ? "" : "/", prefix);
}

absl::Status ValidateProfileName(std::string_view name) {
  constexpr size_t kMaxLength = 64;
  const bool allowed = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
  if (!name.empty() && name.size() <= kMaxLength && allowed && name[0] != '.' && name[0] != '-') {
    return absl::OkStatus();
  }
  return errs::UserError(
      "config", errs::kInvalidArgument,
      absl::StrCat("\"", ShownText(name), "\" can't be the name of a profile"),
      "a name is 1 to 64 letters, digits, '.', '_' and '-', and does not begin with '.' or '-'");
}

absl::Status Save(const std::string& path, std::string_view text) {
  const absl::Status links = base::ResolveLinks("config", path).status();
  if (errs::Is(links, errs::kIo)) return links;
  ASSIGN_OR_RETURN(const std::string target, FollowSymlinks(path));
  RETURN_IF_ERROR(base::CreateDirectories(base::SplitPath(target).first, 0700));
  return base::WriteFileAtomically(target, text, 0600);
}

}  // namespace siphon::config
