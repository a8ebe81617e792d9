// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/options.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/stores/sftp/sftp_store.h"
#include "siphon/stores/sftp/ssh_channel.h"
#include "siphon/stores/sftp/ssh_command.h"

namespace siphon::sftp {
namespace {

// Leaves room for the names of dumps below PATH_MAX.
constexpr size_t kMaxPath = 3000;

absl::StatusOr<std::string> PathOf(const storage::Settings& settings) {
  std::string path = settings.Value("path");
  const auto refuse = [&](std::string_view why, std::string_view hint) {
    return errs::UserError(
        "storage.sftp", errs::kConfigInvalid,
        absl::StrCat("storage.path \"", base::EscapedExcerpt(path, 80), "\" ", why), hint);
  };
  if (absl::StartsWith(path, "~")) {
    return refuse("begins with ~, which SFTP does not know",
                  "a path without / at its beginning is one in the home of the user");
  }
  const bool control = std::any_of(path.begin(), path.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
  if (path.empty() || control || path.size() > kMaxPath) {
    return refuse("is empty, has a control character or is longer than 3000 bytes",
                  "name the folder of the dumps on the host");
  }
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

absl::StatusOr<StoreOptions> OptionsOf(const storage::Settings& settings) {
  SshOptions ssh{.host = settings.Value("host"),
                 .user = settings.Value("user"),
                 .identity_file = settings.Value("identity_file"),
                 .known_hosts = settings.Value("known_hosts"),
                 .ssh_config = settings.Value("ssh_config")};
  const std::string port = settings.Value("port");
  if (!port.empty() && !absl::SimpleAtoi(port, &ssh.port)) ssh.port = -1;
  RETURN_IF_ERROR(CheckSshOptions(ssh));
  StoreOptions options;
  ASSIGN_OR_RETURN(options.path, PathOf(settings));
  options.description =
      absl::StrCat("sftp://", ssh.user, ssh.user.empty() ? "" : "@", ssh.host,
                   port.empty() ? "" : absl::StrCat(":", port),
                   absl::StartsWith(options.path, "/") ? "" : "/~/", options.path);
  options.connect = [argv = SshCommand(ssh), environment = SshEnvironment(*settings.environment)](
                        const std::string& place) { return StartSsh(argv, environment, place); };
  return options;
}

}  // namespace siphon::sftp
