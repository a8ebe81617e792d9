// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/schema/canonical.h"

#include <cmath>
#include <string>

#include "gtest/gtest.h"

namespace siphon::schema {
namespace {

std::string Of(Comparison comparison, const Value& value) {
  std::string out;
  AppendCanonical(comparison, value, &out);
  return out;
}

TEST(Canonical, NumbersCompareByTheirDigits) {
  const auto number = [](const Value& value) { return Of(Comparison::kNumber, value); };
  EXPECT_EQ(number(Value::Text("12.50")), number(Value::Text("012.5")));
  EXPECT_EQ(number(Value::Text("5.00")), number(Value::Integer(5)));
  EXPECT_EQ(number(Value::Real(0.99)), number(Value::Text("0.990")));
  EXPECT_EQ(number(Value::Text("-0.00")), number(Value::Integer(0)));
  EXPECT_EQ(number(Value::Text(".5")), number(Value::Text("0.5")));
  EXPECT_EQ(number(Value::Text("18446744073709551615")), "20:18446744073709551615");
  EXPECT_NE(number(Value::Text("100")), number(Value::Text("1")));
  EXPECT_NE(number(Value::Text("-1")), number(Value::Text("1")));
  EXPECT_NE(number(Value::Text("NaN")), number(Value::Text("0")));
}

TEST(Canonical, RealsCompareByTheirBits) {
  EXPECT_EQ(Of(Comparison::kReal, Value::Text("0.1")), Of(Comparison::kReal, Value::Real(0.1)));
  EXPECT_EQ(Of(Comparison::kReal, Value::Integer(2)), Of(Comparison::kReal, Value::Real(2)));
  EXPECT_NE(Of(Comparison::kReal, Value::Real(0.1)),
            Of(Comparison::kReal, Value::Real(std::nextafter(0.1, 1))));
  EXPECT_EQ(Of(Comparison::kFloat, Value::Real(0.1F)), Of(Comparison::kFloat, Value::Real(0.1)));
  EXPECT_EQ(Of(Comparison::kReal, Value::Real(std::nan(""))), "3:NaN");
}

TEST(Canonical, TimesCompareWithoutZerosAtTheEnd) {
  EXPECT_EQ(Of(Comparison::kTime, Value::Text("2024-01-01 10:00:00.500000")),
            Of(Comparison::kTime, Value::Text("2024-01-01 10:00:00.5")));
  EXPECT_NE(Of(Comparison::kTime, Value::Text("10:00:00")),
            Of(Comparison::kTime, Value::Text("10:00:01")));
}

TEST(Canonical, NullIsNoTextAndValuesInARowStayApart) {
  EXPECT_NE(Of(Comparison::kText, Value::Null()), Of(Comparison::kText, Value::Text("")));
  EXPECT_NE(Of(Comparison::kText, Value::Text("N;")), Of(Comparison::kText, Value::Null()));
  EXPECT_NE(Of(Comparison::kText, Value::Text("a")) + Of(Comparison::kText, Value::Text("b1:c")),
            Of(Comparison::kText, Value::Text("a1:b")) + Of(Comparison::kText, Value::Text("c")));
}

TEST(ComparisonOf, IsTheSameInBothDirections) {
  EXPECT_EQ(ComparisonOf(Kind::kDecimal, Kind::kText), Comparison::kNumber);
  EXPECT_EQ(ComparisonOf(Kind::kText, Kind::kDecimal), Comparison::kNumber);
  EXPECT_EQ(ComparisonOf(Kind::kFloat, Kind::kDouble), Comparison::kFloat);
  EXPECT_EQ(ComparisonOf(Kind::kInteger, Kind::kBoolean), Comparison::kNumber);
  EXPECT_EQ(ComparisonOf(Kind::kText, Kind::kTimestamp), Comparison::kTime);
  EXPECT_EQ(ComparisonOf(Kind::kUuid, Kind::kChar), Comparison::kText);
}

}  // namespace
}  // namespace siphon::schema
