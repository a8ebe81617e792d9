// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SCHEMA_VALUE_H_
#define SIPHON_DOMAIN_SCHEMA_VALUE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "siphon/domain/schema/type.h"

namespace siphon::schema {

// A value of a row; see Kind for the form that a column's type has.
struct Value {
  enum class Form : uint8_t { kNull, kInteger, kReal, kText, kBytes };
  Form form = Form::kNull;
  int64_t integer = 0;
  double real = 0;
  std::string_view text = {};  // Also the bytes. Belongs to whoever made the value.

  static Value Null() { return {}; }
  static Value Integer(int64_t number) { return {.form = Form::kInteger, .integer = number}; }
  static Value Real(double number) { return {.form = Form::kReal, .real = number}; }
  static Value Text(std::string_view text) { return {.form = Form::kText, .text = text}; }
  static Value Bytes(std::string_view bytes) { return {.form = Form::kBytes, .text = bytes}; }
  bool is_null() const { return form == Form::kNull; }
};

using Row = std::vector<Value>;

// The shortest decimal text that is read as this number: "0.1", "1e+300"; "NaN", "Infinity" and
// "-Infinity" as PostgreSQL writes them.
std::string RealText(double number);
// The same for a number of single precision.
std::string FloatText(float number);
// A finite number without an exponent: "0.99", "100000".
std::string DecimalText(double number);

// The value as text without NULL, for messages and engines whose values are texts.
std::string ValueText(const Value& value);

// Removes the zeros at the end of a fraction of a second or of a decimal number, and a point
// without digits: "12.50" is "12.5".
std::string_view WithoutTrailingZeros(std::string_view text);

// What a value must be for an engine to store it. A set of bits.
using Checks = uint32_t;
inline constexpr Checks kFinite = 1 << 0;       // No NaN, no infinity.
inline constexpr Checks kNotNan = 1 << 1;       // SQLite stores NaN as NULL.
inline constexpr Checks kNoZeroByte = 1 << 2;   // PostgreSQL's texts have no U+0000.
inline constexpr Checks kUtf8 = 1 << 3;         // Text that is UTF-8.
inline constexpr Checks kFitsInt64 = 1 << 4;    // At most 2^63-1.
inline constexpr Checks kMysqlYear = 1 << 5;    // A date from the year 1000 to 9999.
inline constexpr Checks kCommonEra = 1 << 6;    // A date from the year 1 to 9999.
inline constexpr Checks kRealDate = 1 << 7;     // No zero in year, month or day.
inline constexpr Checks kDayTime = 1 << 8;      // A time from 00:00:00 to 24:00:00.
inline constexpr Checks kMysqlTime = 1 << 9;    // 1970-01-01 00:00:01 to 2038-01-19 03:14:07.
inline constexpr Checks kLabel = 1 << 10;       // One of the labels.
inline constexpr Checks kDecimal65 = 1 << 11;   // At most 35 digits before and 30 behind the point.
inline constexpr Checks kNotNull = 1 << 12;     // For a column of a primary key.
inline constexpr Checks kNoTrailing = 1 << 13;  // No blank at the end.
inline constexpr Checks kShort = 1 << 14;       // At most 255 characters.

// The reason for which `value` of a column of `type` fails one of `checks`: "is not UTF-8". Empty
// if it passes all of them.
std::string_view Failure(Checks checks, const Type& type, const Value& value);

}  // namespace siphon::schema

#endif  // SIPHON_DOMAIN_SCHEMA_VALUE_H_
