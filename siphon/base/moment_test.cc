// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/moment.h"

#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::testing::HasSubstr;

absl::Time Utc(int month, int day, int hour = 0, int minute = 0, int second = 0) {
  return absl::FromCivil(absl::CivilSecond(2026, month, day, hour, minute, second),
                         absl::UTCTimeZone());
}

TEST(ParseMomentTest, ReadsTimesWithAndWithoutAZone) {
  const struct {
    const char* text;
    absl::Time time;
  } cases[] = {{"2026-03-01", Utc(3, 1)},
               {"2026-03-01 11:22", Utc(3, 1, 11, 22)},
               {"2026-03-01T11:22", Utc(3, 1, 11, 22)},
               {"2026-03-01 11:22:33", Utc(3, 1, 11, 22, 33)},
               {"2026-03-01T11:22:33", Utc(3, 1, 11, 22, 33)},
               {"2026-03-01T11:22:33Z", Utc(3, 1, 11, 22, 33)},
               {"2026-03-01T11:22:33.5+02:00", Utc(3, 1, 9, 22, 33) + absl::Milliseconds(500)}};
  for (const auto& [text, time] : cases) {
    EXPECT_THAT(ParseMoment("--since", text, absl::UnixEpoch()), IsOkAndHolds(time)) << text;
  }
}

TEST(ParseMomentTest, ReadsAnAge) {
  EXPECT_THAT(ParseMoment("--since", "26h", Utc(3, 2, 3)), IsOkAndHolds(Utc(3, 1, 1)));
  EXPECT_THAT(ParseMoment("--since", "7d", Utc(3, 8)), IsOkAndHolds(Utc(3, 1)));
}

TEST(ParseMomentTest, RefusesEverythingElse) {
  for (const char* text : {"", "yesterday", "2026-13-01", "2026-02-30", "1", "-1h", "2026"}) {
    EXPECT_THAT(ParseMoment("--since", text, Utc(3, 1)),
                StatusIs(errs::kInvalidArgument, HasSubstr("--since: ")))
        << text;
  }
}

TEST(FormatMomentTest, CanBeReadAgain) {
  EXPECT_EQ(FormatMoment(Utc(3, 1, 11, 22, 33)), "2026-03-01T11:22:33Z");
  EXPECT_EQ(FormatMoment(Utc(3, 1) - absl::Nanoseconds(1)), "2026-02-28T23:59:59Z");
}

TEST(FormatAgeTest, HasOneUnit) {
  EXPECT_EQ(FormatAge(absl::Seconds(-5)), "0s");
  EXPECT_EQ(FormatAge(absl::Seconds(119)), "119s");
  EXPECT_EQ(FormatAge(absl::Minutes(2)), "2m");
  EXPECT_EQ(FormatAge(absl::Minutes(119)), "119m");
  EXPECT_EQ(FormatAge(absl::Hours(26)), "26h");
  EXPECT_EQ(FormatAge(absl::Hours(48)), "2d");
  EXPECT_EQ(FormatAge(absl::Hours(24 * 400)), "400d");
}

}  // namespace
}  // namespace siphon::base
