// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_MOMENT_H_
#define SIPHON_BASE_MOMENT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace siphon::base {

// Parses the time of an option: RFC 3339 ("2026-03-01T11:22:02+01:00"), a day or a time of UTC
// ("2026-03-01", "2026-03-01 11:22", with seconds or without, 'T' or a blank in between), or an age
// ("26h", "7d") before `now`. `option` is the name for the error, errs::kInvalidArgument.
absl::StatusOr<absl::Time> ParseMoment(std::string_view option, std::string_view text,
                                       absl::Time now);

// A time as users read it and can give it back: "2026-03-01T11:22:02Z". UTC, without a fraction.
std::string FormatMoment(absl::Time time);

// The age of something as a rough number with its unit: "30s", "12m", "26h", "9d". A time in the
// future has the age "0s".
std::string FormatAge(absl::Duration age);

}  // namespace siphon::base

#endif  // SIPHON_BASE_MOMENT_H_
