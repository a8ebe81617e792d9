// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/moment.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "siphon/base/clock.h"
#include "siphon/base/units.h"

namespace siphon::base {
namespace {

// The forms without a zone.
constexpr std::string_view kForms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M",
                                       "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"};

}  // namespace

absl::StatusOr<absl::Time> ParseMoment(std::string_view option, std::string_view text,
                                       absl::Time now) {
  if (const auto time = ParseRfc3339(text); time.ok()) return *time;
  for (const std::string_view form : kForms) {
    absl::Time time;
    // ParseTime() also reads "infinite-future".
    if (absl::ParseTime(form, text, absl::UTCTimeZone(), &time, nullptr) &&
        time > absl::InfinitePast() && time < absl::InfiniteFuture()) {
      return time;
    }
  }
  if (const auto age = ParseDuration(text); age.ok()) return now - *age;
  return errs::UserError("command line", errs::kInvalidArgument,
                         absl::StrCat(option, ": ", text, " is not a time"),
                         "write it as 2026-03-01T11:22:02Z, as 2026-03-01 (UTC), or as an age such "
                         "as 26h or 7d");
}

std::string FormatMoment(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string FormatAge(absl::Duration age) {
  if (age < absl::Minutes(2)) {
    return absl::StrCat(std::max<int64_t>(0, absl::ToInt64Seconds(age)), "s");
  }
  if (age < absl::Hours(2)) return absl::StrCat(absl::ToInt64Minutes(age), "m");
  if (age < absl::Hours(48)) return absl::StrCat(absl::ToInt64Hours(age), "h");
  return absl::StrCat(absl::ToInt64Hours(age) / 24, "d");
}

}  // namespace siphon::base
