// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "errs/error.h"
#include "siphon/base/units.h"

// A parsed duration is between 0 and 2^63 - 1 ns, and parsing abseil's text of it gives the same
// value. An error has a cause, a message of limited length and a hint.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = siphon::base::ParseDuration(text);
  if (!parsed.ok()) {
    const auto error = siphon::errs::GetError(parsed.status());
    if (!error.has_value() || error->cause != siphon::errs::kInvalidArgument) std::abort();
    if (error->hint.empty() || parsed.status().message().size() > 512) std::abort();
    return 0;
  }
  if (*parsed < absl::ZeroDuration() || *parsed > absl::Nanoseconds(INT64_MAX)) std::abort();
  const auto again = siphon::base::ParseDuration(absl::FormatDuration(*parsed));
  if (!again.ok() || *again != *parsed) std::abort();
  if (siphon::base::FormatDuration(*parsed).size() > 16) std::abort();
  // abseil supports Go's syntax without "d" and "w"; if it parses the text, the value is the same.
  absl::Duration other;
  if (absl::ParseDuration(text, &other) && other != absl::InfiniteDuration()) {
    // siphon and abseil round fractions differently, and long fractions overflow in abseil.
    const absl::Duration difference = *parsed > other ? *parsed - other : other - *parsed;
    if (difference > absl::Microseconds(1) + *parsed / 1e9) std::abort();
  }
  return 0;
}
