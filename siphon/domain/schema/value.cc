// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/schema/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "siphon/base/utf8.h"

namespace siphon::schema {
namespace {

constexpr size_t kMostIntegerDigits = 35;
constexpr size_t kMostFractionDigits = 30;
// The longest fixed form of a double has 1077 characters.
constexpr size_t kFixedSize = 1200;
constexpr size_t kShortText = 255;
constexpr int kFirstMysqlYear = 1000;
constexpr int kLastYear = 9999;

std::string Special(double number) {
  if (std::isnan(number)) return "NaN";
  return number > 0 ? "Infinity" : "-Infinity";
}

template <typename Number>
std::string Shortest(Number number) {
  if (!std::isfinite(number)) return Special(number);
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return std::string(buffer.data(), end.ptr);
}

bool IsNumberName(std::string_view text) {
  return text == "NaN" || absl::EndsWith(text, "Infinity");
}

// The parts of a date "2024-02-29..."; false for another form, also for "infinity" and years BC.
bool ParseDate(std::string_view text, int& year, int& month, int& day) {
  if (absl::EndsWith(text, " BC")) return false;
  const std::string_view date = text.substr(0, text.find(' '));
  const size_t first = date.find('-');
  if (first == std::string_view::npos || date.size() != first + 6) return false;
  return absl::SimpleAtoi(date.substr(0, first), &year) &&
         absl::SimpleAtoi(date.substr(first + 1, 2), &month) &&
         absl::SimpleAtoi(date.substr(first + 4, 2), &day);
}

std::string_view DateFailure(Checks checks, std::string_view text) {
  int year = 0, month = 0, day = 0;
  if (!ParseDate(text, year, month, day)) return "is no date of the years 1 to 9999";
  if ((checks & kRealDate) != 0 && (year == 0 || month == 0 || day == 0)) {
    return "has a zero as year, month or day";
  }
  if ((checks & kCommonEra) != 0 && (year < 1 || year > kLastYear)) {
    return "is no date of the years 1 to 9999";
  }
  if ((checks & kMysqlYear) != 0 && (year < kFirstMysqlYear || year > kLastYear)) {
    return "is no date of the years 1000 to 9999";
  }
  if ((checks & kMysqlTime) != 0 &&
      (text < "1970-01-01 00:00:01" || text.substr(0, 19) > "2038-01-19 03:14:07")) {
    return "is outside of 1970-01-01 00:00:01 to 2038-01-19 03:14:07";
  }
  return "";
}

bool IsLabel(const Type& type, std::string_view text) {
  return std::find(type.labels.begin(), type.labels.end(), text) != type.labels.end();
}

bool FitsDecimal65(std::string_view text) {
  if (absl::StartsWith(text, "-")) text.remove_prefix(1);
  text = WithoutTrailingZeros(text);
  const size_t point = std::min(text.find('.'), text.size());
  const size_t fraction = point == text.size() ? 0 : text.size() - point - 1;
  return point <= kMostIntegerDigits && fraction <= kMostFractionDigits;
}

// The number of characters in a text that is UTF-8.
size_t Characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
  }));
}

std::string_view TextFailure(Checks checks, const Type& type, std::string_view text) {
  constexpr Checks kDates = kMysqlYear | kCommonEra | kRealDate | kMysqlTime;
  if ((checks & kUtf8) != 0 && !base::IsValidUtf8(text)) return "is not UTF-8";
  if ((checks & kNoZeroByte) != 0 && text.find('\0') != std::string_view::npos) {
    return "contains U+0000";
  }
  if ((checks & kFinite) != 0 && IsNumberName(text)) return "is no finite number";
  if ((checks & kFitsInt64) != 0) return "is above 9223372036854775807";
  if ((checks & kDates) != 0) return DateFailure(checks, text);
  if ((checks & kDayTime) != 0 &&
      (absl::StartsWith(text, "-") || text.substr(0, 8) > "24:00:00" || text.find(':') != 2)) {
    return "is no time of a day";
  }
  if ((checks & kLabel) != 0 && !IsLabel(type, text)) return "is no label of its type";
  if ((checks & kDecimal65) != 0 && !FitsDecimal65(text)) {
    return "has more than 35 digits before or 30 after the decimal point";
  }
  if ((checks & kNoTrailing) != 0 && absl::EndsWith(text, " ")) return "ends with a blank";
  if ((checks & kShort) != 0 && Characters(text) > kShortText) {
    return "has more than 255 characters";
  }
  return "";
}

}  // namespace

std::string RealText(double number) { return Shortest(number); }
std::string FloatText(float number) { return Shortest(number); }

std::string DecimalText(double number) {
  if (!std::isfinite(number)) return Special(number);
  std::array<char, kFixedSize> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
  return std::string(buffer.data(), end.ptr);
}

std::string ValueText(const Value& value) {
  switch (value.form) {
    case Value::Form::kNull:
      return "";
    case Value::Form::kInteger:
      return absl::StrCat(value.integer);
    case Value::Form::kReal:
      return RealText(value.real);
    case Value::Form::kText:
    case Value::Form::kBytes:
      return std::string(value.text);
  }
  return "";
}

std::string_view WithoutTrailingZeros(std::string_view text) {
  if (text.find('.') == std::string_view::npos) return text;
  while (absl::EndsWith(text, "0")) text.remove_suffix(1);
  if (absl::EndsWith(text, ".")) text.remove_suffix(1);
  return text;
}

std::string_view Failure(Checks checks, const Type& type, const Value& value) {
  switch (value.form) {
    case Value::Form::kNull:
      return (checks & kNotNull) != 0 ? "is NULL in a primary key" : "";
    case Value::Form::kInteger:
      return "";
    case Value::Form::kBytes:
      return (checks & kShort) != 0 && value.text.size() > kShortText ? "has more than 255 bytes"
                                                                      : "";
    case Value::Form::kReal:
      if ((checks & kFinite) != 0 && !std::isfinite(value.real)) return "is no finite number";
      if ((checks & kNotNan) != 0 && std::isnan(value.real)) return "is NaN";
      return "";
    case Value::Form::kText:
      return TextFailure(checks, type, value.text);
  }
  return "";
}

}  // namespace siphon::schema
