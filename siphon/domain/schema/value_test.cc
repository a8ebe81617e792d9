// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/schema/value.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/schema/type.h"

namespace siphon::schema {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string_view Of(Checks checks, std::string_view text) {
  static const Type kType{.kind = Kind::kEnum, .labels = {"a", "b,c"}};
  return Failure(checks, kType, Value::Text(text));
}

TEST(RealText, IsTheShortestThatIsReadAsTheSameNumber) {
  EXPECT_EQ(RealText(0.1), "0.1");
  EXPECT_EQ(RealText(-0.0), "-0");
  EXPECT_EQ(RealText(1e300), "1e+300");
  EXPECT_EQ(RealText(kInfinity), "Infinity");
  EXPECT_EQ(RealText(-kInfinity), "-Infinity");
  EXPECT_EQ(RealText(std::nan("")), "NaN");
  EXPECT_EQ(FloatText(0.1F), "0.1");
  EXPECT_EQ(DecimalText(0.99), "0.99");
  EXPECT_EQ(DecimalText(1e22), "10000000000000000000000");
  EXPECT_EQ(DecimalText(2), "2");
}

TEST(WithoutTrailingZeros, KeepsTheValue) {
  EXPECT_EQ(WithoutTrailingZeros("12.50"), "12.5");
  EXPECT_EQ(WithoutTrailingZeros("12.00"), "12");
  EXPECT_EQ(WithoutTrailingZeros("1200"), "1200");
  EXPECT_EQ(WithoutTrailingZeros("2024-01-01 10:00:00.100"), "2024-01-01 10:00:00.1");
}

TEST(Failure, ChecksTexts) {
  EXPECT_THAT(Of(kUtf8, "é"), IsEmpty());
  EXPECT_EQ(Of(kUtf8, "\xff"), "is not UTF-8");
  EXPECT_EQ(Of(kNoZeroByte, std::string_view("a\0b", 3)), "contains U+0000");
  EXPECT_THAT(Of(kLabel, "b,c"), IsEmpty());
  EXPECT_EQ(Of(kLabel, "b"), "is no label of its type");
  EXPECT_EQ(Of(kNoTrailing, "a "), "ends with a blank");
  EXPECT_THAT(Of(kShort, std::string(254, 'a') + "é"), IsEmpty());
  EXPECT_THAT(Of(kShort, std::string(255, 'a') + "é"), HasSubstr("255"));
}

TEST(Failure, ChecksNumbers) {
  EXPECT_EQ(Failure(kFinite, {}, Value::Real(kInfinity)), "is no finite number");
  EXPECT_THAT(Failure(kNotNan, {}, Value::Real(kInfinity)), IsEmpty());
  EXPECT_EQ(Failure(kNotNan, {}, Value::Real(std::nan(""))), "is NaN");
  EXPECT_EQ(Of(kFinite, "NaN"), "is no finite number");
  EXPECT_EQ(Of(kFinite, "-Infinity"), "is no finite number");
  EXPECT_THAT(Of(kFinite, "-1.5"), IsEmpty());
  EXPECT_THAT(Of(kFitsInt64, "9223372036854775808"), HasSubstr("is above"));
  EXPECT_THAT(Failure(kFitsInt64, {}, Value::Integer(INT64_MAX)), IsEmpty());
  EXPECT_THAT(Of(kDecimal65, std::string(35, '9') + "." + std::string(30, '9')), IsEmpty());
  EXPECT_THAT(Of(kDecimal65, std::string(36, '9')), HasSubstr("35 digits"));
  EXPECT_THAT(Of(kDecimal65, "0." + std::string(31, '9')), HasSubstr("35 digits"));
  EXPECT_THAT(Of(kDecimal65, "0." + std::string(30, '9') + "000"), IsEmpty());
}

TEST(Failure, ChecksDates) {
  for (const std::string_view good : {"1000-01-01", "9999-12-31 23:59:59.999999"}) {
    EXPECT_THAT(Of(kMysqlYear | kCommonEra | kRealDate, good), IsEmpty()) << good;
  }
  for (const std::string_view bad :
       {"0999-12-31", "infinity", "0044-03-15 BC", "10000-01-01", ""}) {
    EXPECT_THAT(std::string(Of(kMysqlYear, bad)), HasSubstr("is no date")) << bad;
  }
  EXPECT_THAT(Of(kCommonEra, "0001-01-01"), IsEmpty());
  EXPECT_THAT(std::string(Of(kRealDate, "2024-00-00")), HasSubstr("zero"));
  EXPECT_THAT(std::string(Of(kRealDate, "0000-00-00 00:00:00")), HasSubstr("zero"));
  EXPECT_THAT(Of(kMysqlTime, "1970-01-01 00:00:01"), IsEmpty());
  EXPECT_THAT(Of(kMysqlTime, "2038-01-19 03:14:07.5"), IsEmpty());
  EXPECT_THAT(std::string(Of(kMysqlTime, "1970-01-01 00:00:00")), HasSubstr("outside"));
  EXPECT_THAT(std::string(Of(kMysqlTime, "2038-01-19 03:14:08")), HasSubstr("outside"));
}

TEST(Failure, ChecksTimes) {
  EXPECT_THAT(Of(kDayTime, "23:59:59.999999"), IsEmpty());
  EXPECT_THAT(Of(kDayTime, "24:00:00"), IsEmpty());
  for (const std::string_view bad : {"24:00:01", "-01:00:00", "838:59:59"}) {
    EXPECT_EQ(Of(kDayTime, bad), "is no time of a day") << bad;
  }
}

TEST(Failure, TakesNullExceptInKeys) {
  EXPECT_THAT(Failure(kUtf8 | kFinite | kRealDate, {}, Value::Null()), IsEmpty());
  EXPECT_THAT(std::string(Failure(kNotNull, {}, Value::Null())), HasSubstr("primary key"));
}

}  // namespace
}  // namespace siphon::schema
