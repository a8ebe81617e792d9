// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Servers in containers, for `bazel test --config=podman` and `--config=docker`.

#ifndef TESTING_SERVERS_SERVER_CONTAINER_H_
#define TESTING_SERVERS_SERVER_CONTAINER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "testing/servers/server_process.h"

namespace siphon::testing {

// How the servers of tests run, by SIPHON_TEST_SERVERS in the environment: "local" or nothing,
// "podman", "docker".
enum class ServerRunner { kLocal, kPodman, kDocker };
absl::StatusOr<ServerRunner> ParseServerRunner(std::string_view name);
absl::StatusOr<ServerRunner> ThisServerRunner();

// The command that runs `command` in a container of an image that ./tools/servers --images has made
// of the installed server. It sees these folders, under their paths, and the machine's network. The
// server runs as the user that GiveToContainer() gives files to.
absl::StatusOr<ServerCommand> InContainer(ServerRunner runner, std::string_view server,
                                          std::string_view version,
                                          const std::vector<std::string>& folders,
                                          const ServerCommand& command);
absl::Status GiveToContainer(const std::string& path);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_SERVER_CONTAINER_H_
