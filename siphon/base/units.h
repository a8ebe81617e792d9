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

// "1536", "64KiB", "1.5GiB", "10MB" (powers of 1024 with i, of 1000 without; B may be left out).
// Errors: errs::kInvalidArgument that names the input.
absl::StatusOr<uint64_t> ParseSize(std::string_view text);
// "1.5 GiB": three significant digits, binary units.
std::string FormatSize(uint64_t bytes);

// Go's duration syntax ("720h", "1h30m", "1.5s", "250ms") and, beyond it, "d" and "w".
// Negative, empty and overflowing input is refused.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);
// "850ms", "1.2s", "3m04s", "2h05m": for people.
std::string FormatDuration(absl::Duration duration);

}  // namespace siphon::base

#endif  // SIPHON_BASE_UNITS_H_
