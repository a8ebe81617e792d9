// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/units.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

TEST(ParseSizeTest, ReadsBinaryAndDecimalUnitsInAnyCase) {
  const std::pair<std::string_view, uint64_t> cases[] = {
      {"0", 0},
      {"1536", 1536},
      {"12B", 12},
      {"64KiB", 65536},
      {"64Ki", 65536},
      {"64kib", 65536},
      {"1k", 1000},
      {"10MB", 10'000'000},
      {"10M", 10'000'000},
      {"1.5GiB", 1'610'612'736},
      {"1.5 GiB", 1'610'612'736},
      {".5K", 500},
      {"2.K", 2000},
      {"1TiB", uint64_t{1} << 40},
      {"1PiB", uint64_t{1} << 50},
      {"15EiB", uint64_t{15} << 60},
      {"18446744073709551615", kMax},
      {"18.446744073709551615EB", kMax},
      {"0.0004KiB", 0},
      {"1.0009KiB", 1024},
      {"0.00000000000000000000000000001EiB", 0},
  };
  for (const auto& [text, bytes] : cases) {
    EXPECT_THAT(ParseSize(text), IsOkAndHolds(bytes)) << text;
  }
}

TEST(ParseSizeTest, RefusalNamesTheInputAndShowsHowToWriteIt) {
  for (const char* text :
       {"",     " ",   "B",   "KiB", "-1",   "+1", " 1",     "1 ",   "1  KiB", "1i",  "1iB",
        "1Kbb", "1ZB", "1e6", "1.5", "1.0B", ".",  "1.5.5K", "0x10", "1K B",   "\xff"}) {
    EXPECT_THAT(ParseSize(text), AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("size \"")),
                                       HasExitCode(errs::Code::kUser), HasHint(Not(IsEmpty()))))
        << text;
  }
  EXPECT_THAT(ParseSize("12parsecs"), StatusIs(errs::kInvalidArgument, HasSubstr("12parsecs")));
}

TEST(ParseSizeTest, RefusesWhatExceeds64Bits) {
  for (const char* text :
       {"18446744073709551616", "16EiB", "18447PB", "99999999999999999999999999999", "99999999EiB",
        "18.446744073709551616EB"}) {
    EXPECT_THAT(ParseSize(text), StatusIs(errs::kInvalidArgument, HasSubstr("too large"))) << text;
  }
}

TEST(ParseSizeTest, LongInputIsCutInTheMessage) {
  EXPECT_LT(ParseSize(std::string(100'000, 'x')).status().message().size(), 200u);
}

TEST(FormatSizeTest, ShowsThreeDigitsOfABinaryUnit) {
  const std::pair<uint64_t, std::string_view> cases[] = {
      {0, "0 B"},
      {1023, "1023 B"},
      {1024, "1 KiB"},
      {1536, "1.5 KiB"},
      {1'610'612'736, "1.5 GiB"},
      {1234, "1.21 KiB"},
      {12'345, "12.1 KiB"},
      {123'456, "121 KiB"},
      {10 * 1024, "10 KiB"},
      {100 * 1024, "100 KiB"},
      {1'023 * 1024, "1023 KiB"},
      {1024 * 1024 - 1, "1 MiB"},
      {10'235, "10 KiB"},
      {1023 * 1024 + 511, "1023 KiB"},
      {1023 * 1024 + 512, "1 MiB"},
      {kMax, "16 EiB"},
  };
  for (const auto& [bytes, text] : cases) EXPECT_EQ(FormatSize(bytes), text) << bytes;
}

TEST(ParseDurationTest, ReadsGoSyntaxAndDaysAndWeeks) {
  const std::pair<std::string_view, absl::Duration> cases[] = {
      {"0", absl::ZeroDuration()},
      {"+0", absl::ZeroDuration()},
      {"0s", absl::ZeroDuration()},
      {"720h", absl::Hours(720)},
      {"1h30m", absl::Minutes(90)},
      {"+5m", absl::Minutes(5)},
      {"1.5s", absl::Milliseconds(1500)},
      {".5s", absl::Milliseconds(500)},
      {"1.s", absl::Seconds(1)},
      {"250ms", absl::Milliseconds(250)},
      {"7us", absl::Microseconds(7)},
      {"7µs", absl::Microseconds(7)},
      {"7μs", absl::Microseconds(7)},
      {"8ns", absl::Nanoseconds(8)},
      {"30d", absl::Hours(720)},
      {"4w", absl::Hours(672)},
      {"1.5d", absl::Hours(36)},
      {"1w2d3h4m5s6ms", absl::Hours(7 * 24 + 51) + absl::Minutes(4) + absl::Milliseconds(5006)},
      {"1m1ms1m", absl::Minutes(2) + absl::Milliseconds(1)},
      {"9223372036854775807ns", absl::Nanoseconds(std::numeric_limits<int64_t>::max())},
      {"0.000000000000000000000000000000000001h", absl::ZeroDuration()},
  };
  for (const auto& [text, duration] : cases) {
    EXPECT_THAT(ParseDuration(text), IsOkAndHolds(duration)) << text;
  }
}

TEST(ParseDurationTest, RefusalNamesTheInputAndShowsHowToWriteIt) {
  for (const char* text :
       {"",      "+",   "-",   "-1h", "-0",    "1",    "1.5",    "h",  ".",  ".s",  "1x",
        "1hour", "1 h", " 1h", "1h ", "1h-1m", "1e3s", "1.5.5s", "1H", "00", "inf", "\xc2s"}) {
    EXPECT_THAT(ParseDuration(text),
                AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("duration \"")),
                      HasExitCode(errs::Code::kUser), HasHint(HasSubstr("30d"))))
        << text;
  }
  EXPECT_THAT(ParseDuration("-5h"), StatusIs(errs::kInvalidArgument, HasSubstr("negative")));
}

TEST(ParseDurationTest, RefusesWhatGoCannotHold) {
  for (const char* text : {"9223372036854775808ns", "300y", "2562048h", "1000000w",
                           "9223372036854775807ns1ns", "99999999999999999999999999999999h"}) {
    EXPECT_THAT(ParseDuration(text), StatusIs(errs::kInvalidArgument)) << text;
  }
}

TEST(FormatDurationTest, IsForPeople) {
  const std::pair<absl::Duration, std::string_view> cases[] = {
      {absl::ZeroDuration(), "0ms"},         {absl::Seconds(-5), "0ms"},
      {absl::Milliseconds(850), "850ms"},    {absl::Microseconds(999'499), "999ms"},
      {absl::Microseconds(999'600), "1.0s"}, {absl::Milliseconds(1200), "1.2s"},
      {absl::Milliseconds(59'940), "59.9s"}, {absl::Milliseconds(59'960), "1m00s"},
      {absl::Seconds(184), "3m04s"},         {absl::Milliseconds(3'599'600), "1h00m"},
      {absl::Minutes(125), "2h05m"},         {absl::Hours(100), "100h00m"},
      {absl::InfiniteDuration(), "forever"},
  };
  for (const auto& [duration, text] : cases)
    EXPECT_EQ(base::FormatDuration(duration), text) << duration;
}

}  // namespace
}  // namespace siphon::base
