// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/units.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "errs/error.h"
#include "siphon/base/excerpt.h"

namespace siphon::base {
namespace {

using Wide = unsigned __int128;

// A decimal number: `whole` + `fraction` / `scale`.
struct Decimal {
  uint64_t whole = 0;
  uint64_t fraction = 0;
  uint64_t scale = 1;
  bool has_point = false;
  bool overflow = false;  // `whole` is too large.
};

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Reads "12", "1.5", ".5" or "1." and removes it from the front of `rest`. Drops digits of the
// fraction after the 18th, which are smaller than any unit.
std::optional<Decimal> TakeDecimal(std::string_view& rest) {
  constexpr uint64_t kScaleMax = 1'000'000'000'000'000'000;
  Decimal number;
  bool digits = false;
  for (; !rest.empty() && IsDigit(rest.front()); rest.remove_prefix(1)) {
    const auto digit = static_cast<uint64_t>(rest.front() - '0');
    digits = true;
    number.overflow |= number.whole > (std::numeric_limits<uint64_t>::max() - digit) / 10;
    if (!number.overflow) number.whole = number.whole * 10 + digit;
  }
  if (!rest.empty() && rest.front() == '.') {
    number.has_point = true;
    rest.remove_prefix(1);
    for (; !rest.empty() && IsDigit(rest.front()); rest.remove_prefix(1)) {
      digits = true;
      if (number.scale == kScaleMax) continue;
      number.fraction = number.fraction * 10 + static_cast<uint64_t>(rest.front() - '0');
      number.scale *= 10;
    }
  }
  if (!digits) return std::nullopt;
  return number;
}

// `number` times `unit`, rounded down; nothing if it exceeds `limit`.
std::optional<uint64_t> Multiply(const Decimal& number, uint64_t unit, uint64_t limit) {
  const Wide product = Wide{number.whole} * unit + Wide{number.fraction} * unit / number.scale;
  if (number.overflow || product > limit) return std::nullopt;
  return static_cast<uint64_t>(product);
}

std::string Quoted(std::string_view text) {
  constexpr size_t kShown = 64;
  return absl::StrCat("\"", EscapedExcerpt(text, kShown), "\"");
}

constexpr std::string_view kSizePrefixes = "KMGTPE";

// The factor of "", "B", "k", "KB", "KiB", "Ki", ...; 0 for an unknown unit.
uint64_t SizeUnit(std::string_view unit) {
  if (!unit.empty() && absl::ascii_toupper(unit.back()) == 'B') unit.remove_suffix(1);
  if (unit.empty()) return 1;
  const size_t power = kSizePrefixes.find(absl::ascii_toupper(unit.front()));
  unit.remove_prefix(1);
  const bool binary = absl::EqualsIgnoreCase(unit, "i");
  if (power == std::string_view::npos || (!binary && !unit.empty())) return 0;
  uint64_t factor = 1;
  for (size_t i = 0; i <= power; ++i) factor *= binary ? 1024 : 1000;
  return factor;
}

struct DurationUnit {
  std::string_view name;
  uint64_t nanoseconds;
};

// Go's units (time.ParseDuration) with both code points of the micro sign, and "d" and "w". A name
// precedes its own prefixes.
constexpr DurationUnit kDurationUnits[] = {
    {"ns", 1},
    {"us", 1'000},
    {"\u00b5s", 1'000},
    {"\u03bcs", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
    {"w", 604'800'000'000'000},
};

absl::Status BadDuration(std::string_view text, std::string_view why) {
  return errs::UserError("duration.parse", errs::kInvalidArgument,
                         absl::StrCat("duration ", Quoted(text), " ", why),
                         "write it as 90s, 1h30m, 720h, 30d or 4w");
}

}  // namespace

absl::StatusOr<uint64_t> ParseSize(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return errs::UserError("size.parse", errs::kInvalidArgument,
                           absl::StrCat("size ", Quoted(text), " ", why),
                           "write it as 1536, 64KiB, 1.5GiB or 10MB");
  };
  std::string_view rest = text;
  const std::optional<Decimal> number = TakeDecimal(rest);
  if (!number.has_value()) return bad("is not a number of bytes");
  if (!rest.empty() && rest.front() == ' ') {
    rest.remove_prefix(1);  // FormatSize() writes a space.
    if (rest.empty()) return bad("ends in a space");
  }
  const uint64_t unit = SizeUnit(rest);
  if (unit == 0) return bad("has an unknown unit");
  if (unit == 1 && number->has_point) return bad("is not a whole number of bytes");
  const std::optional<uint64_t> bytes =
      Multiply(*number, unit, std::numeric_limits<uint64_t>::max());
  if (!bytes.has_value()) return bad("is too large");
  return *bytes;
}

std::string FormatSize(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  // Three digits: hundredths, tenths or ones of a unit; four for 1000 to 1023. A value that rounds
  // to 1024 becomes 1 of the next unit.
  for (size_t power = 0;; ++power) {
    const Wide unit = Wide{1} << (10 * (power + 1));
    for (const uint64_t parts : {100, 10, 1}) {
      const auto count = static_cast<uint64_t>((Wide{bytes} * parts + unit / 2) / unit);
      if (count >= (parts == 1 ? 1024 : 1000)) continue;
      std::string digits = absl::StrFormat("%.2f", static_cast<double>(count) / parts);
      digits.erase(digits.find_last_not_of('0') + 1);
      if (digits.back() == '.') digits.pop_back();
      return absl::StrCat(digits, " ", kSizePrefixes.substr(power, 1), "iB");
    }
  }
}

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  constexpr uint64_t kLimit = std::numeric_limits<int64_t>::max();
  std::string_view rest = text;
  if (!rest.empty() && rest.front() == '-') return BadDuration(text, "is negative");
  if (!rest.empty() && rest.front() == '+') rest.remove_prefix(1);
  if (rest == "0") return absl::ZeroDuration();
  if (rest.empty()) return BadDuration(text, "is empty");
  uint64_t total = 0;
  while (!rest.empty()) {
    const std::optional<Decimal> number = TakeDecimal(rest);
    if (!number.has_value()) return BadDuration(text, "is not a number with a unit");
    const auto* const unit = std::find_if(
        std::begin(kDurationUnits), std::end(kDurationUnits), [&](const DurationUnit& each) {
          // A digit, a point or the end follows a unit; "m" is not the unit of "ms".
          return absl::StartsWith(rest, each.name) &&
                 (rest.size() == each.name.size() || IsDigit(rest[each.name.size()]) ||
                  rest[each.name.size()] == '.');
        });
    if (unit == std::end(kDurationUnits)) {
      return BadDuration(text, "has a number without a known unit");
    }
    rest.remove_prefix(unit->name.size());
    const std::optional<uint64_t> part = Multiply(*number, unit->nanoseconds, kLimit - total);
    if (!part.has_value()) return BadDuration(text, "is too long");
    total += *part;
  }
  return absl::Nanoseconds(static_cast<int64_t>(total));
}

std::string FormatDuration(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return "forever";
  if (duration < absl::ZeroDuration()) duration = absl::ZeroDuration();
  const int64_t ms = absl::ToInt64Milliseconds(duration + absl::Microseconds(500));
  if (ms < 1000) return absl::StrCat(ms, "ms");
  const int64_t tenths = absl::ToInt64Milliseconds(duration + absl::Milliseconds(50)) / 100;
  if (tenths < 600) return absl::StrFormat("%d.%ds", tenths / 10, tenths % 10);
  const int64_t seconds = absl::ToInt64Seconds(duration + absl::Milliseconds(500));
  if (seconds < 3600) return absl::StrFormat("%dm%02ds", seconds / 60, seconds % 60);
  const int64_t minutes = absl::ToInt64Minutes(duration + absl::Seconds(30));
  return absl::StrFormat("%dh%02dm", minutes / 60, minutes % 60);
}

}  // namespace siphon::base
