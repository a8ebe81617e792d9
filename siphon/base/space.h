// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_SPACE_H_
#define SIPHON_BASE_SPACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace siphon::base {

// The bytes that siphon may still write to the file system of an open file or of a folder: those
// that are free for every user, except a reserve of 5 % of the file system, at most 64 MiB, for
// other programs. Nothing if the file system reports no sizes.
std::optional<uint64_t> SpaceLeft(int fd);
std::optional<uint64_t> SpaceLeft(const std::string& folder);

// errs::kIo if `bytes` more do not fit into the folder; `what` names them.
absl::Status RequireSpace(std::string_view op, const std::string& folder, uint64_t bytes,
                          std::string_view what);

}  // namespace siphon::base

#endif  // SIPHON_BASE_SPACE_H_
