// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/copy_text.h"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/schema/type.h"
#include "siphon/domain/schema/value.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using schema::Kind;
using schema::Value;
using ::testing::ElementsAre;
using ::testing::Optional;

std::string Written(Kind kind, const Value& value) {
  std::string out;
  AppendCopyValue({.kind = kind}, value, &out);
  return out;
}

Value Read(Kind kind, std::string_view field, std::string& storage) {
  storage.clear();
  storage.reserve(field.size());
  Value value;
  EXPECT_THAT(ReadField({.kind = kind}, field, storage, value), IsOk()) << field;
  return value;
}

TEST(AppendCopyValue, EscapesWhatCopyReadsOtherwise) {
  EXPECT_EQ(Written(Kind::kText, Value::Null()), "\\N");
  EXPECT_EQ(Written(Kind::kText, Value::Text("\\N")), "\\\\N");
  EXPECT_EQ(Written(Kind::kText, Value::Text("\\.")), "\\\\.");
  EXPECT_EQ(Written(Kind::kText, Value::Text("a\tb\nc\rd")), "a\\tb\\nc\\rd");
  EXPECT_EQ(Written(Kind::kBlob, Value::Bytes(std::string_view("\0\xff", 2))), "\\\\x00ff");
  EXPECT_EQ(Written(Kind::kBoolean, Value::Integer(1)), "t");
  EXPECT_EQ(Written(Kind::kInteger, Value::Integer(INT64_MIN)), "-9223372036854775808");
  EXPECT_EQ(Written(Kind::kFloat, Value::Real(0.1F)), "0.1");
  EXPECT_EQ(Written(Kind::kDouble, Value::Real(0.1F)), "0.10000000149011612");
  EXPECT_EQ(Written(Kind::kDouble, Value::Real(-std::numeric_limits<double>::infinity())),
            "-Infinity");
}

TEST(SplitCopyLine, UndoesTheEscapes) {
  std::string storage;
  std::vector<std::optional<std::string_view>> fields;
  ASSERT_THAT(SplitCopyLine("a\\tb\\\\N\t\\N\t\tplain\t\\\\N", storage, fields), IsOk());
  EXPECT_THAT(fields,
              ElementsAre(Optional(std::string_view("a\tb\\N")), std::optional<std::string_view>(),
                          Optional(std::string_view("")), Optional(std::string_view("plain")),
                          Optional(std::string_view("\\N"))));
  EXPECT_THAT(SplitCopyLine("a\\", storage, fields), StatusIs(errs::kDatabase));
}

TEST(ReadField, ReadsTheFormsOfAServer) {
  std::string storage;
  EXPECT_EQ(Read(Kind::kBoolean, "t", storage).integer, 1);
  EXPECT_EQ(Read(Kind::kInteger, "-9223372036854775808", storage).integer, INT64_MIN);
  EXPECT_EQ(Read(Kind::kFloat, "0.1", storage).real, 0.1F);
  EXPECT_TRUE(std::isnan(Read(Kind::kDouble, "NaN", storage).real));
  EXPECT_EQ(Read(Kind::kDouble, "-Infinity", storage).real,
            -std::numeric_limits<double>::infinity());
  EXPECT_EQ(Read(Kind::kBlob, "\\x00ff", storage).text, std::string_view("\0\xff", 2));
  EXPECT_EQ(Read(Kind::kChar, "ab  ", storage).text, "ab");
  EXPECT_EQ(Read(Kind::kTimestampTz, "2024-02-29 23:59:59.5+00", storage).text,
            "2024-02-29 23:59:59.5");
}

TEST(ReadField, RefusesWhatIsNoValueOfTheType) {
  std::string storage;
  Value value;
  EXPECT_THAT(ReadField({.kind = Kind::kBoolean}, "true", storage, value),
              StatusIs(errs::kDatabase));
  EXPECT_THAT(ReadField({.kind = Kind::kInteger}, "1.5", storage, value),
              StatusIs(errs::kDatabase));
  EXPECT_THAT(ReadField({.kind = Kind::kDouble}, "abc", storage, value), StatusIs(errs::kDatabase));
  for (const std::string_view bytes : {"00ff", "\\x0", "\\x0g", ""}) {
    EXPECT_THAT(ReadField({.kind = Kind::kBlob}, bytes, storage, value), StatusIs(errs::kDatabase))
        << bytes;
  }
}

}  // namespace
}  // namespace siphon::postgres
