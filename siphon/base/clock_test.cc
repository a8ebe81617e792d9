// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/clock.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const absl::TimeZone kUtc = absl::UTCTimeZone();
const absl::Time kTime =
    absl::FromCivil(absl::CivilSecond(2026, 1, 2, 3, 4, 5), absl::UTCTimeZone());

TEST(Rfc3339Test, WritesAsGoDoes) {
  EXPECT_EQ(FormatRfc3339Nano(kTime, kUtc), "2026-01-02T03:04:05Z");
  EXPECT_EQ(FormatRfc3339Nano(kTime + absl::Milliseconds(120), kUtc), "2026-01-02T03:04:05.12Z");
  EXPECT_EQ(FormatRfc3339Nano(kTime + absl::Nanoseconds(1), kUtc),
            "2026-01-02T03:04:05.000000001Z");
  EXPECT_EQ(FormatRfc3339Nano(kTime, absl::FixedTimeZone(2 * 3600)), "2026-01-02T05:04:05+02:00");
  EXPECT_EQ(FormatRfc3339Nano(kTime, absl::FixedTimeZone(-(5 * 3600 + 1800))),
            "2026-01-01T21:34:05-05:30");
  EXPECT_EQ(FormatRfc3339Nano(kTime, absl::FixedTimeZone(0)), "2026-01-02T03:04:05Z");
}

TEST(Rfc3339Test, DropsWhatIsFinerThanANanosecond) {
  EXPECT_EQ(FormatRfc3339Nano(kTime + absl::Nanoseconds(1.75), kUtc),
            "2026-01-02T03:04:05.000000001Z");
}

TEST(Rfc3339Test, ReadsWhatGoWrites) {
  const std::pair<std::string_view, absl::Time> cases[] = {
      {"2026-01-02T03:04:05Z", kTime},
      {"2026-01-02T03:04:05+00:00", kTime},
      {"2026-01-02T05:34:05+02:30", kTime},
      {"2026-01-01T22:04:05-05:00", kTime},
      {"2026-01-02T03:04:05.5Z", kTime + absl::Milliseconds(500)},
      {"2026-01-02T03:04:05.123456789Z", kTime + absl::Nanoseconds(123'456'789)},
      {"2026-01-02T03:04:05.12345678999Z", kTime + absl::Nanoseconds(123'456'789)},
      {"0001-01-01T00:00:00Z", absl::FromCivil(absl::CivilSecond(1, 1, 1), kUtc)},
      {"2024-02-29T00:00:00Z", absl::FromCivil(absl::CivilSecond(2024, 2, 29), kUtc)},
  };
  for (const auto& [text, time] : cases) {
    EXPECT_THAT(ParseRfc3339(text), IsOkAndHolds(time)) << text;
  }
}

TEST(Rfc3339Test, RoundTripsNanoseconds) {
  for (const absl::TimeZone& zone : {kUtc, absl::FixedTimeZone(5400), absl::FixedTimeZone(-3600)}) {
    for (const int64_t ns : {0, 1, 10, 999'999'999, 123'000'000}) {
      const absl::Time time = kTime + absl::Nanoseconds(ns);
      EXPECT_THAT(ParseRfc3339(FormatRfc3339Nano(time, zone)), IsOkAndHolds(time));
    }
  }
}

TEST(Rfc3339Test, RefusesEverythingElseByName) {
  for (const char* text : {"",
                           "now",
                           "infinite-future",
                           "2026-01-02",
                           "2026-01-02 03:04:05Z",
                           "2026-01-02T03:04:05",
                           "2026-01-02T03:04:05z",
                           "2026-1-02T03:04:05Z",
                           "2026-13-02T03:04:05Z",
                           "2026-00-02T03:04:05Z",
                           "2026-02-29T03:04:05Z",
                           "2026-01-32T03:04:05Z",
                           "2026-01-02T24:04:05Z",
                           "2026-01-02T03:60:05Z",
                           "2026-01-02T03:04:60Z",
                           "2026-01-02T03:04:05.Z",
                           "2026-01-02T03:04:05,5Z",
                           "2026-01-02T03:04:05+2:00",
                           "2026-01-02T03:04:05+0200",
                           "2026-01-02T03:04:05+24:00",
                           "2026-01-02T03:04:05+02:60",
                           "2026-01-02T03:04:05Z ",
                           " 2026-01-02T03:04:05Z",
                           "12026-01-02T03:04:05Z",
                           "-026-01-02T03:04:05Z"}) {
    EXPECT_THAT(ParseRfc3339(text), AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("RFC 3339")),
                                          HasHint(HasSubstr("2026"))))
        << text;
  }
}

TEST(ClockTest, SystemClockIsTheMachines) {
  const absl::Time first = Clock::System().Now();
  const absl::Time second = Clock::System().Now();
  EXPECT_GT(first, absl::FromCivil(absl::CivilYear(2025), kUtc));
  EXPECT_LE(second - first, absl::Minutes(1));
  EXPECT_EQ(Clock::System().Local(), absl::LocalTimeZone());
}

}  // namespace
}  // namespace siphon::base
