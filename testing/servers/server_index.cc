// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/server_index.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace siphon::testing {
namespace {

// Bazel runs a test in the root of its runfiles; other repositories are next to it.
std::string IndexPath() {
  static const std::string path =
      (std::filesystem::current_path() / ".." / "test_servers" / "index.json").string();
  return path;
}

absl::Status Missing(std::string_view name, std::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("the server ", name, " is not here (", why, "): run ./tools/servers"));
}

}  // namespace

std::string InstalledServer::Program(std::string_view name) const {
  return absl::StrCat(bin, "/", name);
}

absl::StatusOr<InstalledServer> FindServerIn(std::string_view index, std::string_view name) {
  const auto servers = nlohmann::json::parse(index, nullptr, false);
  if (!servers.is_object()) return Missing(name, "its index is unreadable");
  const auto entry = servers.find(std::string(name));
  if (entry == servers.end()) return Missing(name, "the index does not name it");
  InstalledServer server{.version = entry->value("version", ""), .bin = entry->value("bin", "")};
  struct stat info {};
  if (stat(server.bin.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return Missing(name, absl::StrCat(server.bin, " is gone"));
  }
  return server;
}

absl::StatusOr<InstalledServer> FindServer(std::string_view name) {
  std::ifstream file(IndexPath(), std::ios::binary);
  if (!file) return Missing(name, absl::StrCat("no ", IndexPath()));
  return FindServerIn(std::string(std::istreambuf_iterator<char>(file), {}), name);
}

}  // namespace siphon::testing
