// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_CLOCK_H_
#define SIPHON_BASE_CLOCK_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace siphon::base {

// The wall clock and the local time zone. No other code reads them.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
  virtual absl::TimeZone Local() const = 0;

  // The clock of the machine.
  static const Clock& System();
};

// RFC 3339 text in `zone`, without trailing zeros in the fraction (Go's RFC3339Nano). UTC is "Z".
std::string FormatRfc3339Nano(absl::Time time, absl::TimeZone zone);
// Parses the output of FormatRfc3339Nano() and of Go.
absl::StatusOr<absl::Time> ParseRfc3339(std::string_view text);

}  // namespace siphon::base

#endif  // SIPHON_BASE_CLOCK_H_
