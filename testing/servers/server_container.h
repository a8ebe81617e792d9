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

// How test servers run, from the environment variable SIPHON_TEST_SERVERS: "local" (the default),
// "podman" or "docker".
enum class ServerRunner { kLocal, kPodman, kDocker };
absl::StatusOr<ServerRunner> ParseServerRunner(std::string_view name);
absl::StatusOr<ServerRunner> ThisServerRunner();

// A command that runs `command` in a container. ./tools/servers --images has made the image from
// the installed server. The container sees these folders, under the same paths, and the network of
// the machine. The server runs as the user that GiveToContainer() gives files to.
absl::StatusOr<ServerCommand> InContainer(ServerRunner runner, std::string_view server,
                                          std::string_view version,
                                          const std::vector<std::string>& folders,
                                          const ServerCommand& command);
absl::Status GiveToContainer(const std::string& path);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_SERVER_CONTAINER_H_
