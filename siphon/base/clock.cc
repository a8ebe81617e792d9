// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/clock.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "errs/error.h"
#include "siphon/base/excerpt.h"

namespace siphon::base {
namespace {

class SystemClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
  absl::TimeZone Local() const override { return absl::LocalTimeZone(); }
};

// Reads `digits` decimal digits and removes them from the front of `rest`.
bool TakeNumber(std::string_view& rest, size_t digits, int& value) {
  if (rest.size() < digits) return false;
  value = 0;
  for (const char c : rest.substr(0, digits)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
    value = value * 10 + (c - '0');
  }
  rest.remove_prefix(digits);
  return true;
}

bool TakeChar(std::string_view& rest, char wanted) {
  if (rest.empty() || rest.front() != wanted) return false;
  rest.remove_prefix(1);
  return true;
}

// Reads an optional ".123..."; drops digits after the ninth, as Go does.
bool TakeFraction(std::string_view& rest, int64_t& nanoseconds) {
  nanoseconds = 0;
  if (!TakeChar(rest, '.')) return true;
  size_t digits = 0;
  int64_t unit = 100'000'000;
  while (!rest.empty() && absl::ascii_isdigit(static_cast<unsigned char>(rest.front()))) {
    nanoseconds += (rest.front() - '0') * unit;
    unit /= 10;
    ++digits;
    rest.remove_prefix(1);
  }
  return digits > 0;
}

// Reads "Z" or "+hh:mm".
bool TakeOffset(std::string_view& rest, absl::Duration& offset) {
  if (TakeChar(rest, 'Z')) {
    offset = absl::ZeroDuration();
    return true;
  }
  const bool negative = TakeChar(rest, '-');
  int hours = 0, minutes = 0;
  if ((!negative && !TakeChar(rest, '+')) || !TakeNumber(rest, 2, hours) || !TakeChar(rest, ':') ||
      !TakeNumber(rest, 2, minutes) || hours > 23 || minutes > 59) {
    return false;
  }
  offset = absl::Hours(hours) + absl::Minutes(minutes);
  if (negative) offset = -offset;
  return true;
}

}  // namespace

const Clock& Clock::System() {
  static const SystemClock* const clock = new SystemClock;
  return *clock;
}

std::string FormatRfc3339Nano(absl::Time time, absl::TimeZone zone) {
  // absl::Time is more precise than a nanosecond; "%E*S" would print more than nine digits.
  const absl::Time whole =
      absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), absl::Nanoseconds(1));
  const bool utc = zone.At(whole).offset == 0;
  return absl::FormatTime(utc ? "%E4Y-%m-%d%ET%H:%M:%E*SZ" : "%E4Y-%m-%d%ET%H:%M:%E*S%Ez", whole,
                          zone);
}

absl::StatusOr<absl::Time> ParseRfc3339(std::string_view text) {
  std::string_view rest = text;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int64_t nanoseconds = 0;
  absl::Duration offset;
  if (TakeNumber(rest, 4, year) && TakeChar(rest, '-') && TakeNumber(rest, 2, month) &&
      TakeChar(rest, '-') && TakeNumber(rest, 2, day) && TakeChar(rest, 'T') &&
      TakeNumber(rest, 2, hour) && TakeChar(rest, ':') && TakeNumber(rest, 2, minute) &&
      TakeChar(rest, ':') && TakeNumber(rest, 2, second) && TakeFraction(rest, nanoseconds) &&
      TakeOffset(rest, offset) && rest.empty()) {
    // CivilSecond normalises out-of-range fields; they then differ from the input.
    const absl::CivilSecond civil(year, month, day, hour, minute, second);
    if (civil.month() == month && civil.day() == day && civil.hour() == hour &&
        civil.minute() == minute && civil.second() == second) {
      return absl::FromCivil(civil, absl::UTCTimeZone()) - offset + absl::Nanoseconds(nanoseconds);
    }
  }
  return errs::UserError("time.parse", errs::kInvalidArgument,
                         absl::StrCat("\"", EscapedExcerpt(text, 64), "\" is not an RFC 3339 time"),
                         "write it as 2026-01-31T23:59:59Z");
}

}  // namespace siphon::base
