// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_SERVER_INDEX_H_
#define TESTING_SERVERS_SERVER_INDEX_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace siphon::testing {

// A database server of tools/third_party/servers.bzl, where it is on this machine.
struct InstalledServer {
  std::string version;  // What it calls itself: "17.10".
  std::string bin;      // The folder of its programs.

  std::string Program(std::string_view name) const;
};

// `name` is the entry's, as in "postgresql-17". An error, which says what to run, when
// ./tools/servers has not brought the server here, or when it has gone since.
absl::StatusOr<InstalledServer> FindServer(std::string_view name);

// The same, in an index with this content; for its test.
absl::StatusOr<InstalledServer> FindServerIn(std::string_view index, std::string_view name);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_SERVER_INDEX_H_
