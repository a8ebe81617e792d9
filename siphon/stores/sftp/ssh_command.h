// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_SSH_COMMAND_H_
#define SIPHON_STORES_SFTP_SSH_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "siphon/base/environment.h"

namespace siphon::sftp {

// How the host is reached. Empty values leave the choice to ssh and its configuration.
struct SshOptions {
  std::string host = {};  // A name, an address, or a `Host` of the configuration of ssh.
  std::string user = {};
  int port = 0;
  std::string identity_file = {};
  std::string known_hosts = {};  // Instead of the files of user and system.
  std::string ssh_config = {};   // Instead of the configuration files of user and system.
};

// errs::kConfigInvalid for a host or user that ssh, or a command in its configuration, could take
// for something else, and for a port or path that cannot be.
absl::Status CheckSshOptions(const SshOptions& options);

// The program ssh with its arguments, which starts the subsystem sftp of the host. It never asks
// and accepts no unknown host key; it ends when the host has been silent for a minute.
std::vector<std::string> SshCommand(const SshOptions& options);

// The environment of ssh, as "NAME=value": what finds programs, home, agent and tickets, and no
// secret of siphon.
std::vector<std::string> SshEnvironment(const base::Environment& environment);

// The end of what ssh printed on its standard error, as one printable line.
std::string LastWords(std::string_view printed);

// What a user can do about such an error of ssh.
std::string HintFor(std::string_view printed);

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_SSH_COMMAND_H_
