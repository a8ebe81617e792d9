// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/schema/canonical.h"

#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace siphon::schema {
namespace {

bool IsNumber(Kind kind) {
  return kind == Kind::kBoolean || kind == Kind::kInteger || kind == Kind::kDecimal ||
         kind == Kind::kYear;
}

bool IsReal(Kind kind) { return kind == Kind::kFloat || kind == Kind::kDouble; }

bool IsTime(Kind kind) {
  return kind == Kind::kTime || kind == Kind::kTimestamp || kind == Kind::kTimestampTz;
}

// "-0012.50" is "-12.5"; text that is no decimal number stays as it is.
std::string CanonicalNumber(std::string_view text) {
  if (text.find_first_not_of("0123456789.-") != std::string_view::npos) return std::string(text);
  const bool negative = absl::StartsWith(text, "-");
  std::string_view digits = WithoutTrailingZeros(negative ? text.substr(1) : text);
  while (digits.size() > 1 && digits[0] == '0' && digits[1] != '.') digits.remove_prefix(1);
  if (digits == "0" || digits.empty()) return "0";
  return absl::StrCat(negative ? "-" : "", absl::StartsWith(digits, ".") ? "0" : "", digits);
}

std::string CanonicalReal(const Value& value, bool single) {
  double number = value.real;
  if (value.form == Value::Form::kInteger) number = static_cast<double>(value.integer);
  if (value.form == Value::Form::kText && !absl::SimpleAtod(value.text, &number)) {
    return std::string(value.text);
  }
  return single ? FloatText(static_cast<float>(number)) : RealText(number);
}

std::string CanonicalText(Comparison comparison, const Value& value) {
  switch (comparison) {
    case Comparison::kReal:
    case Comparison::kFloat:
      if (value.form == Value::Form::kBytes) break;
      return CanonicalReal(value, comparison == Comparison::kFloat);
    case Comparison::kNumber:
      if (value.form == Value::Form::kReal) return CanonicalNumber(DecimalText(value.real));
      return CanonicalNumber(ValueText(value));
    case Comparison::kTime:
      return std::string(WithoutTrailingZeros(value.text));
    case Comparison::kText:
      break;
  }
  return ValueText(value);
}

}  // namespace

Comparison ComparisonOf(Kind one, Kind other) {
  if (IsReal(one) || IsReal(other)) {
    return one == Kind::kFloat || other == Kind::kFloat ? Comparison::kFloat : Comparison::kReal;
  }
  if (IsNumber(one) || IsNumber(other)) return Comparison::kNumber;
  if (IsTime(one) || IsTime(other)) return Comparison::kTime;
  return Comparison::kText;
}

void AppendCanonical(Comparison comparison, const Value& value, std::string* out) {
  if (value.is_null()) {
    out->append("N;");
    return;
  }
  const std::string text = CanonicalText(comparison, value);
  absl::StrAppend(out, text.size(), ":", text);
}

}  // namespace siphon::schema
