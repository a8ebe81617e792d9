// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/server_container.h"

#include <unistd.h>

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "testing/process/process.h"

namespace siphon::testing {
namespace {

// Nested containers may not raise limits; these are below any that they have.
constexpr std::string_view kOpenFiles = "nofile=4096:4096";
constexpr std::string_view kProcesses = "nproc=4096:4096";

// Unique among all containers on the machine.
std::string NewName() {
  static int counter = 0;
  return absl::StrCat("siphon-test-", getpid(), "-", ++counter);
}

absl::StatusOr<std::string> Engine(ServerRunner runner) {
  const std::string_view name = runner == ServerRunner::kPodman ? "podman" : "docker";
  std::optional<std::string> path = FindProgram(name);
  if (path.has_value()) return *std::move(path);
  return absl::FailedPreconditionError(absl::StrCat("SIPHON_TEST_SERVERS asks for ", name,
                                                    ", which is not installed on this machine"));
}

}  // namespace

absl::StatusOr<ServerRunner> ParseServerRunner(std::string_view name) {
  if (name.empty() || name == "local") return ServerRunner::kLocal;
  if (name == "podman") return ServerRunner::kPodman;
  if (name == "docker") return ServerRunner::kDocker;
  return absl::InvalidArgumentError(
      absl::StrCat("SIPHON_TEST_SERVERS is \"", name, "\"; say local, podman or docker"));
}

absl::StatusOr<ServerRunner> ThisServerRunner() {
  constexpr std::string_view kVariable = "SIPHON_TEST_SERVERS=";
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (absl::StartsWith(text, kVariable)) return ParseServerRunner(text.substr(kVariable.size()));
  }
  return ServerRunner::kLocal;
}

absl::StatusOr<ServerCommand> InContainer(ServerRunner runner, std::string_view server,
                                          std::string_view version,
                                          const std::vector<std::string>& folders,
                                          const ServerCommand& command) {
  ASSIGN_OR_RETURN(const std::string engine, Engine(runner));
  const std::string name = NewName();
  const bool root = geteuid() == 0;
  ServerCommand run = command;
  run.in_container = true;
  run.directory.clear();
  run.file_limit.reset();
  run.argv = {engine};
  run.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (absl::StartsWith(text, "HOME=") || absl::StartsWith(text, "XDG_RUNTIME_DIR=") ||
        absl::StartsWith(text, "DOCKER_HOST=")) {
      run.environment.emplace_back(text);
    }
  }
  std::vector<std::string> words = {"run",
                                    "--rm",
                                    "--pull=never",
                                    "--network=host",
                                    "--name",
                                    name,
                                    "--ulimit",
                                    std::string(kOpenFiles),
                                    "--ulimit",
                                    std::string(kProcesses),
                                    "--user",
                                    root ? absl::StrCat(kServerUser, ":", kServerGroup)
                                         : absl::StrCat(geteuid(), ":", getegid())};
  if (runner == ServerRunner::kPodman) {
    // crun needs rights that a nested container does not have.
    if (access("/usr/sbin/runc", X_OK) == 0) words.insert(words.begin(), {"--runtime", "runc"});
    if (!root) words.push_back("--userns=keep-id");
  }
  if (command.file_limit.has_value()) {
    words.insert(words.end(), {"--ulimit", absl::StrCat("fsize=", *command.file_limit, ":",
                                                        *command.file_limit)});
  }
  for (const std::string& variable : command.environment) {
    words.insert(words.end(), {"--env", variable});
  }
  for (const std::string& folder : folders) {
    words.insert(words.end(), {"--volume", absl::StrCat(folder, ":", folder)});
  }
  words.insert(words.end(), {"--workdir", command.directory.empty() ? "/" : command.directory});
  words.push_back(absl::StrCat("localhost/siphon-test-", server, ":", version));
  run.argv.insert(run.argv.end(), words.begin(), words.end());
  run.argv.insert(run.argv.end(), command.argv.begin(), command.argv.end());
  run.signaller = {engine, "kill", name};
  run.killer = {engine, "rm", "--force", "--time", "0", name};
  if (runner == ServerRunner::kDocker) run.killer = {engine, "rm", "--force", name};
  return run;
}

absl::Status GiveToContainer(const std::string& path) {
  return geteuid() == 0 ? GiveToServerUser(path) : absl::OkStatus();
}

}  // namespace siphon::testing
