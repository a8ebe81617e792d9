// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/ssh_command.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/environment.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/printable.h"

namespace siphon::sftp {
namespace {

// The settings that the user's configuration of ssh must not change; the first value counts.
// ssh has no terminal here, so it must not ask for a password or about a new host key. No process
// may stay after the end (ControlMaster, ControlPersist), and nothing else uses the connection.
constexpr std::string_view kFixedSettings[] = {
    "BatchMode=yes",           "StrictHostKeyChecking=yes", "ConnectTimeout=30",
    "ServerAliveInterval=15",  "ServerAliveCountMax=4",     "LogLevel=ERROR",
    "RequestTTY=no",           "ForwardAgent=no",           "ForwardX11=no",
    "ClearAllForwardings=yes", "PermitLocalCommand=no",     "ControlMaster=no",
    "ControlPath=none",        "RemoteCommand=none",        "UpdateHostKeys=no"};

// The variables that ssh and the commands of its configuration use.
constexpr std::string_view kVariables[] = {"PATH",
                                           "HOME",
                                           "USER",
                                           "LOGNAME",
                                           "SHELL",
                                           "SSH_AUTH_SOCK",
                                           "SSH_SK_PROVIDER",
                                           "KRB5CCNAME",
                                           "KRB5_CONFIG",
                                           "TMPDIR",
                                           "XDG_RUNTIME_DIR"};

// The last lines of ssh's messages that are shown, and their length.
constexpr size_t kLines = 3, kMaxWords = 400;

absl::Status Refuse(std::string_view setting, std::string_view value, std::string_view why) {
  return errs::UserError(
      "storage.sftp", errs::kConfigInvalid,
      absl::StrCat("storage.", setting, " \"", base::EscapedExcerpt(value, 80), "\" ", why));
}

bool IsMadeOf(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains(others, c);
  });
}

// ssh expands "%" in names of files, and "~" and "${...}".
absl::Status CheckFile(std::string_view setting, std::string_view path) {
  if (path.empty()) return absl::OkStatus();
  const bool plain = std::none_of(path.begin(), path.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c)) || absl::StrContains("%\"$", c);
  });
  if (plain && path[0] == '/') return absl::OkStatus();
  return Refuse(setting, path, "is not an absolute path without %, $, \" and control characters");
}

std::string Setting(std::string_view name, std::string_view path) {
  return absl::StrCat(name, "=\"", path, "\"");
}

}  // namespace

absl::Status CheckSshOptions(const SshOptions& options) {
  // The characters cannot end a word of a shell, because commands of the configuration of ssh
  // (ProxyCommand, Match exec) may have %h and %r without quotes.
  if (options.host.empty() || options.host[0] == '-' || !IsMadeOf(options.host, ".-_:%")) {
    return Refuse("host", options.host,
                  "is not the name or address of a host, or a name of the configuration of ssh");
  }
  if (!options.user.empty() && (options.user[0] == '-' || !IsMadeOf(options.user, ".-_@+"))) {
    return Refuse("user", options.user, "is not the name of a user");
  }
  if (options.port < 0 || options.port > 65535) {
    return Refuse("port", absl::StrCat(options.port), "is not a port from 1 to 65535");
  }
  RETURN_IF_ERROR(CheckFile("identity_file", options.identity_file));
  RETURN_IF_ERROR(CheckFile("known_hosts", options.known_hosts));
  return CheckFile("ssh_config", options.ssh_config);
}

std::vector<std::string> SshCommand(const SshOptions& options) {
  std::vector<std::string> argv = {"ssh"};
  if (!options.ssh_config.empty()) argv.insert(argv.end(), {"-F", options.ssh_config});
  for (const std::string_view setting : kFixedSettings) {
    argv.insert(argv.end(), {"-o", std::string(setting)});
  }
  if (!options.known_hosts.empty()) {
    argv.insert(argv.end(), {"-o", Setting("UserKnownHostsFile", options.known_hosts), "-o",
                             "GlobalKnownHostsFile=/dev/null"});
  }
  if (!options.identity_file.empty()) {
    argv.insert(argv.end(),
                {"-o", Setting("IdentityFile", options.identity_file), "-o", "IdentitiesOnly=yes"});
  }
  if (options.port != 0) argv.insert(argv.end(), {"-p", absl::StrCat(options.port)});
  if (!options.user.empty()) argv.insert(argv.end(), {"-l", options.user});
  argv.insert(argv.end(), {"-s", "--", options.host, "sftp"});
  return argv;
}

std::vector<std::string> SshEnvironment(const base::Environment& environment) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment.values()) {
    const bool passed =
        absl::StartsWith(name, "LC_") || name == "LANG" ||
        std::find(std::begin(kVariables), std::end(kVariables), name) != std::end(kVariables);
    if (passed) variables.push_back(absl::StrCat(name, "=", value));
  }
  return variables;
}

std::string LastWords(std::string_view printed) {
  std::vector<std::string> lines;
  for (std::string_view line : absl::StrSplit(printed, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    // The frame of the warning about a changed host key.
    if (line.empty() || absl::StrContains(line, "@@@")) continue;
    lines.push_back(base::Printable(line));
  }
  if (lines.size() > kLines) lines.erase(lines.begin(), lines.end() - kLines);
  std::string words = absl::StrJoin(lines, "; ");
  if (words.size() > kMaxWords) words = absl::StrCat("...", words.substr(words.size() - kMaxWords));
  return words;
}

std::string HintFor(std::string_view printed) {
  if (absl::StrContains(printed, "HOST IDENTIFICATION HAS CHANGED")) {
    return "the host has another key than known_hosts says, or somebody stands in between: ask the "
           "host's administrator for the fingerprint before you change known_hosts";
  }
  if (absl::StrContains(printed, "Host key verification failed") ||
      absl::StrContains(printed, "host key is known")) {
    return "put the host's key into known_hosts: connect once with the program sftp and compare "
           "the fingerprint with that of the host's administrator";
  }
  if (absl::StrContains(printed, "Permission denied")) {
    return "check storage.user and storage.identity_file; siphon gives ssh no password and no "
           "passphrase, so load a protected key into ssh-agent";
  }
  if (absl::StrContains(printed, "resolve hostname")) return "check storage.host";
  if (absl::StrContains(printed, "subsystem request failed")) {
    return "the host offers no SFTP: its sshd_config needs a line \"Subsystem sftp\"";
  }
  return "check that the program sftp reaches the host with the same settings";
}

}  // namespace siphon::sftp
