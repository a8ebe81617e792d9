// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/children.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/numbers.h"

namespace siphon::testing {
namespace {

// The parent of a process; 0 if the process has ended (proc(5), /proc/pid/stat).
pid_t ParentOf(const std::filesystem::path& process) {
  std::ifstream file(process / "stat");
  // Not with a stream iterator, which throws if the process ends meanwhile.
  std::string text;
  std::getline(file, text, '\0');
  // The name, in parentheses, may contain any character.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 4 >= text.size()) return 0;
  return static_cast<pid_t>(std::atoi(text.c_str() + name_end + 4));
}

}  // namespace

std::set<pid_t> ChildrenOfThisProcess() {
  std::set<pid_t> children;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    int pid = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &pid)) continue;
    if (ParentOf(entry.path()) == getpid()) children.insert(pid);
  }
  return children;
}

}  // namespace siphon::testing
