// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_CLOCK_H_
#define SIPHON_BASE_CLOCK_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace siphon::base {

// The wall clock and the local time zone; the only way to either.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
  virtual absl::TimeZone Local() const = 0;

  // The machine's own.
  static const Clock& System();
};

// RFC 3339 with as many fractional digits as are not zero (Go's RFC3339Nano), in `zone`; UTC is
// written "Z".
std::string FormatRfc3339Nano(absl::Time time, absl::TimeZone zone);
// Accepts what FormatRfc3339Nano and Go write.
absl::StatusOr<absl::Time> ParseRfc3339(std::string_view text);

}  // namespace siphon::base

#endif  // SIPHON_BASE_CLOCK_H_
