// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/space.h"

#include <sys/statvfs.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "siphon/base/units.h"

namespace siphon::base {
namespace {

constexpr uint64_t kMostReserved = uint64_t{64} << 20;
constexpr uint64_t kReservedPart = 20;

std::optional<uint64_t> Left(int result, const struct statvfs& info) {
  if (result != 0 || info.f_blocks == 0) return std::nullopt;
  const uint64_t block = info.f_frsize;
  const uint64_t reserve = std::min(kMostReserved, info.f_blocks * block / kReservedPart);
  const uint64_t free = info.f_bavail * block;
  return free > reserve ? free - reserve : 0;
}

}  // namespace

std::optional<uint64_t> SpaceLeft(int fd) {
  struct statvfs info;
  return Left(fstatvfs(fd, &info), info);
}

std::optional<uint64_t> SpaceLeft(const std::string& folder) {
  struct statvfs info;
  return Left(statvfs(folder.c_str(), &info), info);
}

absl::Status RequireSpace(std::string_view op, const std::string& folder, uint64_t bytes,
                          std::string_view what) {
  const std::optional<uint64_t> left = SpaceLeft(folder);
  if (!left.has_value() || bytes <= *left) return absl::OkStatus();
  return errs::SystemError(op, errs::kIo,
                           absl::StrCat(folder, ": ", what, " needs ", FormatSize(bytes), ", and ",
                                        FormatSize(*left), " are free"),
                           "free some space on the disk, or choose a place on another one");
}

}  // namespace siphon::base
