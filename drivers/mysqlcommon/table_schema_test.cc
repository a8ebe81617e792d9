// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/table_schema.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/schema/tables.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Form = schema::Default::Kind;

TEST(ParseLabels, ReadsQuotedLabels) {
  EXPECT_THAT(ParseLabels("enum('a','b,c','it''s','')"), ElementsAre("a", "b,c", "it's", ""));
  EXPECT_THAT(ParseLabels("set('x')"), ElementsAre("x"));
  EXPECT_THAT(ParseLabels("int(11)"), IsEmpty());
  EXPECT_THAT(ParseLabels(""), IsEmpty());
}

TEST(ParseDefault, ReadsTheExpressionsOfMariadb) {
  EXPECT_EQ(ParseDefault("'it''s'", true, false, false).text, "it's");
  EXPECT_EQ(ParseDefault("'it''s'", true, false, false).kind, Form::kText);
  EXPECT_EQ(ParseDefault("NULL", true, false, false).kind, Form::kNone);
  EXPECT_EQ(ParseDefault("-1.50", true, false, true).kind, Form::kNumber);
  EXPECT_EQ(ParseDefault("current_timestamp(6)", true, false, false).kind, Form::kNow);
  EXPECT_EQ(ParseDefault("uuid()", true, false, false).kind, Form::kExpression);
  EXPECT_EQ(ParseDefault("'a\\nb'", true, false, false).kind, Form::kExpression);
}

TEST(ParseDefault, ReadsTheTextsOfMysql) {
  EXPECT_EQ(ParseDefault("it's", false, false, false).text, "it's");
  EXPECT_EQ(ParseDefault("0", false, false, true).kind, Form::kNumber);
  EXPECT_EQ(ParseDefault("CURRENT_TIMESTAMP", false, true, false).kind, Form::kNow);
  EXPECT_EQ(ParseDefault("uuid()", false, true, false).kind, Form::kExpression);
  EXPECT_EQ(ParseDefault("b'1'", false, false, false).kind, Form::kExpression);
  // The text of a column for texts, which is no call.
  EXPECT_EQ(ParseDefault("CURRENT_TIMESTAMP", false, false, false).kind, Form::kText);
}

}  // namespace
}  // namespace siphon::mysqlcommon
