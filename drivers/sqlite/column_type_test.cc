// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/column_type.h"

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/schema/type.h"
#include "siphon/domain/schema/value.h"

namespace siphon::sqlite {
namespace {

using schema::Default;
using schema::Kind;
using schema::Type;
using schema::Value;
using ::testing::HasSubstr;

Type TypeOf(std::string_view declared, const std::vector<Value>& values,
            std::string* why = nullptr) {
  ColumnValues counted;
  for (const Value& value : values) counted.Add(value);
  std::string note;
  Type type = counted.Type(declared, note);
  if (why != nullptr) *why = note;
  return type;
}

Type Integer(int bits) { return {.kind = Kind::kInteger, .bits = bits}; }

TEST(ColumnValues, IntegersHaveTheDeclaredWidthIfTheyFit) {
  EXPECT_EQ(TypeOf("INTEGER", {Value::Integer(1)}), Integer(64));
  EXPECT_EQ(TypeOf("INT", {Value::Integer(2147483647)}), Integer(32));
  EXPECT_EQ(TypeOf("INT", {Value::Integer(2147483648)}), Integer(64));
  EXPECT_EQ(TypeOf("smallint", {Value::Integer(-32768)}), Integer(16));
  EXPECT_EQ(TypeOf("TINYINT", {Value::Integer(-129)}), Integer(64));
  EXPECT_EQ(TypeOf("DATETIME", {Value::Integer(1700000000)}), Integer(64));
  EXPECT_EQ(TypeOf("", {Value::Null(), Value::Integer(1)}), Integer(64));
  EXPECT_EQ(TypeOf("BOOLEAN", {Value::Integer(0), Value::Integer(1)}).kind, Kind::kBoolean);
  EXPECT_EQ(TypeOf("BOOLEAN", {Value::Integer(2)}), Integer(64));
}

TEST(ColumnValues, DecimalsHaveTheDeclaredDigitsIfAllFit) {
  const Type money{.kind = Kind::kDecimal, .precision = 10, .scale = 2};
  EXPECT_EQ(TypeOf("NUMERIC(10,2)", {Value::Real(0.99), Value::Integer(5)}), money);
  EXPECT_EQ(TypeOf("DECIMAL(10, 2)", {Value::Real(99999999.99)}), money);
  EXPECT_EQ(TypeOf("NUMERIC(10,2)", {Value::Real(0.999)}).kind, Kind::kDouble);
  EXPECT_EQ(TypeOf("NUMERIC(10,2)", {Value::Integer(99999999)}), money);
  EXPECT_EQ(TypeOf("NUMERIC(10,2)", {Value::Integer(100000000)}), Integer(64));
  EXPECT_EQ(TypeOf("NUMERIC(10,2)", {Value::Real(1e300)}).kind, Kind::kDouble);
  // A double does not keep more than 15 digits.
  EXPECT_EQ(TypeOf("NUMERIC(16,2)", {Value::Real(0.5)}).kind, Kind::kDouble);
  EXPECT_EQ(TypeOf("NUMERIC", {Value::Real(0.5), Value::Integer(1)}).kind, Kind::kDouble);
}

TEST(ColumnValues, RealsWithLargeIntegersHaveNoType) {
  std::string why;
  EXPECT_EQ(
      TypeOf("NUMERIC", {Value::Real(0.5), Value::Integer((int64_t{1} << 53) + 1)}, &why).kind,
      Kind::kUnknown);
  EXPECT_THAT(why, HasSubstr("2^53"));
}

TEST(ColumnValues, ValuesOfSeveralClassesHaveNoType) {
  std::string why;
  const std::vector<Value> mixed = {Value::Integer(1), Value::Text("a"), Value::Bytes("b")};
  EXPECT_EQ(TypeOf("TEXT", mixed, &why).kind, Kind::kUnknown);
  EXPECT_EQ(why, "holds 1 numbers, 1 texts and 1 blobs");
}

TEST(ColumnValues, TextsHaveTheDeclaredLengthIfAllFit) {
  const Type three{.kind = Kind::kVarchar, .length = 3};
  EXPECT_EQ(TypeOf("NVARCHAR(3)", {Value::Text("äöü")}), three);
  EXPECT_EQ(TypeOf("NVARCHAR(3)", {Value::Text("abcd")}).kind, Kind::kText);
  EXPECT_EQ(TypeOf("varchar", {Value::Text("abcd")}).kind, Kind::kText);
  EXPECT_EQ(TypeOf("UUID", {Value::Text("x")}).kind, Kind::kText);
  EXPECT_EQ(TypeOf("DECIMAL(5,2)", {Value::Text("1.50")}).kind, Kind::kText);
}

TEST(ColumnValues, DatesAreTextsInTheFormOfDates) {
  EXPECT_EQ(TypeOf("DATE", {Value::Text("2024-02-29")}).kind, Kind::kDate);
  EXPECT_EQ(TypeOf("DATE", {Value::Text("2023-02-29")}).kind, Kind::kText);
  EXPECT_EQ(TypeOf("DATETIME", {Value::Text("2024-02-29 10:00:00")}).kind, Kind::kTimestamp);
  EXPECT_EQ(TypeOf("TIMESTAMP", {Value::Text("2024-02-29T10:00:00")}).kind, Kind::kText);
  EXPECT_EQ(TypeOf("TIME", {Value::Text("10:00:00.25")}).kind, Kind::kTime);
  // Without a declared type, a text is a text.
  EXPECT_EQ(TypeOf("", {Value::Text("2024-02-29")}).kind, Kind::kText);
}

TEST(ColumnValues, WithoutValuesTheDeclaredTypeCounts) {
  EXPECT_EQ(TypeOf("FLOATING POINT", {}), Integer(64));
  EXPECT_EQ(TypeOf("DOUBLE", {Value::Null()}).kind, Kind::kDouble);
  EXPECT_EQ(TypeOf("BLOB", {}).kind, Kind::kBlob);
  EXPECT_EQ(TypeOf("DATETIME", {}).kind, Kind::kTimestamp);
  EXPECT_EQ(TypeOf("", {}).kind, Kind::kText);
}

TEST(IsTimestamp, TakesOnlyWhatComesBackTheSame) {
  for (const std::string_view good :
       {"0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "2000-02-29 12:00:00.5"}) {
    EXPECT_TRUE(IsTimestamp(good)) << good;
  }
  for (const std::string_view bad :
       {"0000-01-01 00:00:00", "1900-02-29 00:00:00", "2024-13-01 00:00:00", "2024-01-01",
        "2024-01-01 24:00:00", "2024-01-01 23:59:60", "2024-01-01 00:00:00.50",
        "2024-01-01 00:00:00.", "2024-01-01 00:00:00.1234567", "2024-01-01 00:00:00Z",
        "2024-01-01  0:00:00", ""}) {
    EXPECT_FALSE(IsTimestamp(bad)) << bad;
  }
}

TEST(ParseDefault, KnowsLiterals) {
  EXPECT_EQ(ParseDefault("'it''s'").text, "it's");
  EXPECT_EQ(ParseDefault("'it''s'").kind, Default::Kind::kText);
  EXPECT_EQ(ParseDefault("-1.5").kind, Default::Kind::kNumber);
  EXPECT_EQ(ParseDefault("CURRENT_TIMESTAMP").kind, Default::Kind::kNowUtc);
  EXPECT_EQ(ParseDefault("true").kind, Default::Kind::kBoolean);
  EXPECT_EQ(ParseDefault("NULL").kind, Default::Kind::kNone);
  EXPECT_EQ(ParseDefault("").kind, Default::Kind::kNone);
  for (const std::string_view expression : {"1 + 1", "x'00'", "'a' || 'b'", "random()", "1-1"}) {
    EXPECT_EQ(ParseDefault(expression).kind, Default::Kind::kExpression) << expression;
  }
}

TEST(HasWord, SkipsQuotesAndComments) {
  EXPECT_TRUE(HasWord("CREATE TABLE t(a check(a>0))", "CHECK"));
  for (const std::string_view sql :
       {"t(\"CHECK\")", "t('CHECK')", "t([CHECK])", "t(`CHECK`)", "t(-- CHECK\n)", "t(/* CHECK */)",
        "t(checked)", "t('a''CHECK')", "t('CHECK"}) {
    EXPECT_FALSE(HasWord(sql, "CHECK")) << sql;
  }
}

}  // namespace
}  // namespace siphon::sqlite
