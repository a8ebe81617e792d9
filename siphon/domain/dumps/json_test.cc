// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/json.h"

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string ErrorOf(std::string_view text) {
  return std::string(ParseJsonObject(text).status().message());
}

TEST(QuoteJsonTest, EscapesAsGoDoes) {
  EXPECT_EQ(QuoteJson(""), R"("")");
  EXPECT_EQ(QuoteJson("plain ünïcode 日本 \U0001F600"), "\"plain ünïcode 日本 \U0001F600\"");
  EXPECT_EQ(QuoteJson("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(QuoteJson("<a>&b"), R"("\u003ca\u003e\u0026b")");
  EXPECT_EQ(QuoteJson("\u2028\u2029\u2027"), "\"\\u2028\\u2029\u2027\"");
  EXPECT_EQ(QuoteJson("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(QuoteJson(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
}

TEST(QuoteJsonTest, ReplacesEachByteThatIsNoUtf8) {
  EXPECT_EQ(QuoteJson("a\xff"), R"("a\ufffd")");
  EXPECT_EQ(QuoteJson("\xc3("), R"("\ufffd(")");          // Truncated before another character.
  EXPECT_EQ(QuoteJson("\xe6\x97"), R"("\ufffd\ufffd")");  // Truncated at the end.
  EXPECT_EQ(QuoteJson("\xc0\x80"), R"("\ufffd\ufffd")");  // Overlong.
  EXPECT_EQ(QuoteJson("\xe0\x9f\xbf"), R"("\ufffd\ufffd\ufffd")");
  EXPECT_EQ(QuoteJson("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");  // A surrogate.
  EXPECT_EQ(QuoteJson("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");
  EXPECT_EQ(QuoteJson("\xf0\x9f\x98"), R"("\ufffd\ufffd\ufffd")");
  EXPECT_EQ(QuoteJson("\x80"), R"("\ufffd")");
}

TEST(QuoteJsonTest, IsReadBackAsWritten) {
  std::string text;
  for (int c = 0; c < 128; ++c) text += static_cast<char>(c);
  text += "é\u2028\u2029\U0010ffff";
  const auto object = ParseJsonObject(absl::StrCat("{\"k\":", QuoteJson(text), "}"));
  ASSERT_TRUE(object.ok()) << object.status();
  EXPECT_EQ(object->at("k").get<std::string>(), text);
}

TEST(ParseJsonObjectTest, SaysWhereTheTextIsWrong) {
  EXPECT_THAT(ErrorOf("{\"a\":1,}"), AllOf(HasSubstr("parse error at line 1, column 8"),
                                           testing::Not(HasSubstr("json.exception"))));
  EXPECT_THAT(ErrorOf(""), HasSubstr("empty input"));
  EXPECT_THAT(ErrorOf("{} x"), HasSubstr("parse error"));
  EXPECT_THAT(ErrorOf("[1]"), HasSubstr("expected an object, not array"));
  EXPECT_THAT(ErrorOf("\"{}\""), HasSubstr("expected an object, not string"));
  EXPECT_THAT(ErrorOf("{\"a\":\"\xff\"}"), HasSubstr("invalid string"));
  EXPECT_THAT(ErrorOf("{\"a\":1e999}"), testing::Eq("number overflow"));
  EXPECT_THAT(ErrorOf("{\"a\":"), HasSubstr("unexpected end of input"));
}

TEST(ParseJsonObjectTest, DoesNotRepeatTheContent) {
  EXPECT_THAT(ErrorOf(absl::StrCat("{\"a\":\"", std::string(10'000, 's'))),
              AllOf(HasSubstr("missing closing quote"), testing::Not(HasSubstr("sss"))));
}

TEST(ParseJsonObjectTest, RefusesNestingThatIsTooDeep) {
  const auto nested = [](int depth) {
    return absl::StrCat("{\"a\":", std::string(depth - 1, '['), std::string(depth - 1, ']'), "}");
  };
  EXPECT_TRUE(ParseJsonObject(nested(kMaxJsonDepth)).ok());
  EXPECT_THAT(ErrorOf(nested(kMaxJsonDepth + 1)), HasSubstr("nested more than 64 levels"));
  EXPECT_THAT(ErrorOf(std::string(5'000'000, '[')), HasSubstr("nested"));
}

TEST(ParseJsonObjectTest, TheLastOfTwoEqualKeysCounts) {
  const auto object = ParseJsonObject(R"({"a":1,"a":2})");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(object->at("a").get<int>(), 2);
}

class JsonFieldsTest : public ::testing::Test {
 protected:
  static constexpr auto kRequired = JsonFields::kRequired;
  static constexpr auto kOptional = JsonFields::kOptional;
  static constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

  JsonFields Fields(std::string_view text) {
    object_ = ParseJsonObject(text).value_or(nlohmann::json());
    return JsonFields(object_);
  }

  nlohmann::json object_;
};

TEST_F(JsonFieldsTest, TakesWhatIsThere) {
  JsonFields fields = Fields(R"({"s":"x","u":18446744073709551615,"i":-9223372036854775808,
      "t":"2026-01-02T03:04:05+02:00","m":{"b":"2","a":"1"},
      "tables":[{"name":"t","rows":3,"size_bytes":4,"extra":[]},{"name":"u"}]})");
  std::string s;
  uint64_t u = 0;
  int64_t i = 0;
  absl::Time t;
  std::map<std::string, std::string> m;
  std::vector<TableInfo> tables;
  fields.Text("s", kRequired, s);
  fields.Unsigned("u", kRequired, kMax, u);
  fields.Signed("i", kRequired, i);
  fields.Time("t", kRequired, t);
  fields.TextMap("m", m);
  fields.Tables("tables", tables);
  ASSERT_TRUE(fields.status().ok()) << fields.status();
  EXPECT_EQ(s, "x");
  EXPECT_EQ(u, kMax);
  EXPECT_EQ(i, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(t, absl::FromCivil(absl::CivilSecond(2026, 1, 2, 1, 4, 5), absl::UTCTimeZone()));
  EXPECT_THAT(m, ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_THAT(tables, ElementsAre(TableInfo{"t", 3, 4}, TableInfo{"u", 0, 0}));
}

TEST_F(JsonFieldsTest, NullIsAbsent) {
  JsonFields fields = Fields(R"({"s":null,"tables":null,"m":null})");
  std::string s = "before";
  std::vector<TableInfo> tables;
  std::map<std::string, std::string> m;
  fields.Text("s", kOptional, s);
  fields.Tables("tables", tables);
  fields.TextMap("m", m);
  EXPECT_TRUE(fields.status().ok());
  EXPECT_EQ(s, "before");
  EXPECT_THAT(tables, IsEmpty());
  fields.Text("s", kRequired, s);
  EXPECT_THAT(std::string(fields.status().message()), HasSubstr("key \"s\" is missing"));
}

TEST_F(JsonFieldsTest, RefusesOtherTypesAndNumbersThatDoNotFit) {
  const auto unsigned_error = [&](std::string_view value, uint64_t max) {
    JsonFields fields = Fields(absl::StrCat("{\"k\":", value, "}"));
    uint64_t out = 0;
    fields.Unsigned("k", kRequired, max, out);
    return std::string(fields.status().message());
  };
  for (const char* value : {"-1", "1.0", "1e3", "\"1\"", "true", "[]", "18446744073709551616"}) {
    EXPECT_THAT(unsigned_error(value, kMax), HasSubstr("key \"k\" must be an integer")) << value;
  }
  EXPECT_THAT(unsigned_error("11", 10), HasSubstr("from 0 to 10"));
  EXPECT_EQ(unsigned_error("10", 10), "");

  const auto signed_error = [&](std::string_view value) {
    JsonFields fields = Fields(absl::StrCat("{\"k\":", value, "}"));
    int64_t out = 0;
    fields.Signed("k", kRequired, out);
    return std::string(fields.status().message());
  };
  for (const char* value : {"9223372036854775808", "-9223372036854775809", "0.5", "\"0\""}) {
    EXPECT_THAT(signed_error(value), HasSubstr("integer of 64 bits")) << value;
  }
  EXPECT_EQ(signed_error("-9223372036854775808"), "");
}

TEST_F(JsonFieldsTest, RefusesTimesThatAreNone) {
  for (const char* value : {"\"\"", "\"yesterday\"", "0", "\"2026-02-30T00:00:00Z\"",
                            "\"0000-06-01T00:00:00Z\"", "\"9999-06-01T00:00:00Z\""}) {
    JsonFields fields = Fields(absl::StrCat("{\"k\":", value, "}"));
    absl::Time time;
    fields.Time("k", kRequired, time);
    EXPECT_THAT(std::string(fields.status().message()), HasSubstr("must be a time")) << value;
  }
}

TEST_F(JsonFieldsTest, NamesTheTableThatIsWrong) {
  JsonFields fields = Fields(R"({"tables":[{"name":"a"},{"rows":1}]})");
  std::vector<TableInfo> tables;
  fields.Tables("tables", tables);
  EXPECT_THAT(std::string(fields.status().message()),
              HasSubstr("table 2 of \"tables\": key \"name\" is missing"));
}

TEST_F(JsonFieldsTest, TheFirstFailureStays) {
  JsonFields fields = Fields(R"({"a":1})");
  std::string text;
  fields.Text("a", kRequired, text);
  fields.Text("b", kRequired, text);
  EXPECT_THAT(std::string(fields.status().message()),
              HasSubstr("key \"a\" must be a string, not this number"));
}

}  // namespace
}  // namespace siphon::dumps
