// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/golang_migrate.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace siphon::cli {
namespace {

// The options of golang-migrate and its commands (internal/cli/main.go), except -f, which siphon
// writes the same way.
constexpr std::array<std::string_view, 15> kOptions = {
    "all",  "database", "digits", "dir",    "ext", "format",  "help",   "lock-timeout",
    "path", "prefetch", "seq",    "source", "tz",  "verbose", "version"};

bool IsOption(std::string_view argument) {
  if (argument.size() < 2 || argument[0] != '-' || argument[1] == '-') return false;
  const std::string_view name = argument.substr(1, argument.find('=') - 1);
  return std::find(kOptions.begin(), kOptions.end(), name) != kOptions.end();
}

// The index of the first argument that is the name of a command.
size_t FindCommand(const std::vector<std::string>& args) {
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--config") {
      ++i;
    } else if (args[i].empty() || args[i][0] != '-') {
      return i;
    }
  }
  return args.size();
}

}  // namespace

std::vector<std::string> WithTwoDashes(std::vector<std::string> args) {
  const size_t command = FindCommand(args);
  if (command == args.size() || args[command] != "migrate") return args;
  for (size_t i = command + 1; i < args.size() && args[i] != "--"; ++i) {
    if (IsOption(args[i])) args[i].insert(0, "-");
  }
  return args;
}

}  // namespace siphon::cli
