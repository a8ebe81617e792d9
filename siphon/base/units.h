// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_UNITS_H_
#define SIPHON_BASE_UNITS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace siphon::base {

// Parses a size: "1536", "64KiB", "1.5GiB" (powers of 1024), "10MB" (powers of 1000); the B is
// optional. errs::kInvalidArgument, which quotes the input.
absl::StatusOr<uint64_t> ParseSize(std::string_view text);
// Formats a size with three significant digits and binary units: "1.5 GiB".
std::string FormatSize(uint64_t bytes);

// Parses a duration in Go's syntax ("720h", "1h30m", "1.5s", "250ms"), extended by "d" and "w".
// errs::kInvalidArgument for negative, empty and overflowing input.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);
// Formats a duration for people: "850ms", "1.2s", "3m04s", "2h05m".
std::string FormatDuration(absl::Duration duration);

}  // namespace siphon::base

#endif  // SIPHON_BASE_UNITS_H_
