// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "siphon/base/moment.h"

// A time that was read and has a year of four digits is written in a form that reads as the same
// second. An error names the option and has a hint.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace base = siphon::base;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::Time now = absl::FromUnixSeconds(1'790'000'000);
  const auto time = base::ParseMoment("--since", text, now);
  if (!time.ok()) {
    const auto error = siphon::errs::GetError(time.status());
    if (!error.has_value() || error->cause != siphon::errs::kInvalidArgument) std::abort();
    if (error->hint.empty() || error->detail.find("--since") != 0) std::abort();
    return 0;
  }
  const absl::TimeZone utc = absl::UTCTimeZone();
  if (*time < absl::FromCivil(absl::CivilYear(1000), utc)) return 0;
  if (*time >= absl::FromCivil(absl::CivilYear(10000), utc)) return 0;
  const auto again = base::ParseMoment("--since", base::FormatMoment(*time), now);
  if (!again.ok()) std::abort();
  if (*again > *time || *time - *again >= absl::Seconds(1)) std::abort();
  return 0;
}
