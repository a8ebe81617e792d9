// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/fixed_float.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace siphon::mysqlcommon {
namespace {

// What the servers take for M and D.
constexpr int kMostDigits = 255, kMostDecimals = 30;
// How far SourceOf() looks around a number, in units of its last place.
constexpr int kNeighbours = 4;

// The nearest double, as in the servers' tables.
double PowerOfTen(int exponent) {
  double power = 0;
  return absl::SimpleAtod(absl::StrCat("1e", exponent), &power) ? power : 0;
}

}  // namespace

FixedFloat::FixedFloat(bool single, bool is_unsigned, int digits, int decimals)
    : single_(single),
      unsigned_(is_unsigned),
      scale_(PowerOfTen(decimals)),
      greatest_(std::min<double>(PowerOfTen(digits - decimals) - 1 / scale_,
                                 single ? std::numeric_limits<float>::max()
                                        : std::numeric_limits<double>::max())) {}

std::optional<FixedFloat> FixedFloat::Of(std::string_view column_type) {
  const std::string type = absl::AsciiStrToLower(column_type);
  std::string_view rest = type;
  const bool single = absl::ConsumePrefix(&rest, "float(");
  if (!single && !absl::ConsumePrefix(&rest, "double(")) return std::nullopt;
  const std::vector<std::string_view> numbers =
      absl::StrSplit(rest.substr(0, rest.find(')')), ',');
  int digits = 0, decimals = 0;
  if (numbers.size() != 2 || !absl::SimpleAtoi(numbers[0], &digits) ||
      !absl::SimpleAtoi(numbers[1], &decimals) || decimals < 0 || decimals > kMostDecimals ||
      digits < decimals || digits > kMostDigits) {
    return std::nullopt;
  }
  return FixedFloat(single, absl::StrContains(rest, "unsigned"), digits, decimals);
}

FixedFloat::Stored FixedFloat::Store(double number) const {
  if (std::isnan(number) || (unsigned_ && number < 0)) return {.value = 0, .clipped = true};
  Stored stored{.value = number};
  if (!std::isinf(number)) {
    const double whole = std::floor(number);
    stored.value = whole + std::rint((number - whole) * scale_) / scale_;
  }
  if (std::abs(stored.value) > greatest_) {
    stored = {.value = std::copysign(greatest_, stored.value), .clipped = true};
  }
  if (single_) stored.value = static_cast<float>(stored.value);
  return stored;
}

bool FixedFloat::Keeps(double number) const {
  if (single_ && std::abs(number) > std::numeric_limits<float>::max()) return false;
  return Store(number).value == (single_ ? static_cast<float>(number) : number);
}

std::optional<double> FixedFloat::SourceOf(double value) const {
  const auto is_source = [&](double number) {
    const Stored stored = Store(number);
    return !stored.clipped && stored.value == value;
  };
  if (is_source(value)) return value;
  const double greatest = std::copysign(greatest_, value);
  if (is_source(greatest)) return greatest;
  // With many decimals, rounding in binary arithmetic moves a number by units of its last place.
  double above = value, below = value;
  for (int i = 0; i < kNeighbours; ++i) {
    above = std::nextafter(above, std::numeric_limits<double>::infinity());
    below = std::nextafter(below, -std::numeric_limits<double>::infinity());
    if (is_source(below)) return below;
    if (is_source(above)) return above;
  }
  if (Store(value).value == value) return value;
  return std::nullopt;
}

}  // namespace siphon::mysqlcommon
