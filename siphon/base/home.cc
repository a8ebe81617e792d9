// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/home.h"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "siphon/base/environment.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"

namespace siphon::base {
namespace {

constexpr size_t kLongestPasswd = size_t{1} << 20;
constexpr size_t kUser = 2, kHome = 5;  // The fields of a line, from 0.

}  // namespace

std::string HomeInPasswd(std::string_view passwd, uid_t user) {
  for (const std::string_view line : absl::StrSplit(passwd, '\n')) {
    const std::vector<std::string_view> fields = absl::StrSplit(line, ':');
    uint32_t id = 0;
    if (fields.size() <= kHome || !absl::SimpleAtoi(fields[kUser], &id) || id != user) continue;
    return absl::StartsWith(fields[kHome], "/") ? std::string(fields[kHome]) : "";
  }
  return "";
}

Environment WithHome(Environment environment) {
  if (!environment.GetOrEmpty("HOME").empty()) return environment;
  const absl::StatusOr<std::string> passwd = ReadFile("/etc/passwd", kLongestPasswd);
  const std::string home = passwd.ok() ? HomeInPasswd(*passwd, EffectiveUser()) : "";
  if (home.empty()) return environment;
  auto values = environment.values();
  values["HOME"] = home;
  return Environment(std::move(values));
}

}  // namespace siphon::base
