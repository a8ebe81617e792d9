// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/pattern.h"

#include <string>
#include <string_view>

#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

bool Matches(std::string_view pattern, std::string_view schema, std::string_view name) {
  const absl::StatusOr<TablePattern> parsed = ParseTablePattern(pattern);
  EXPECT_THAT(parsed, IsOk()) << pattern;
  return parsed.ok() && parsed->Matches(schema, name);
}

TEST(PatternTest, ANameWithoutASchemaIsOneOfPublic) {
  EXPECT_TRUE(Matches("items", "public", "items"));
  EXPECT_FALSE(Matches("items", "sales", "items"));
  EXPECT_FALSE(Matches("items", "public", "items2"));
  EXPECT_TRUE(Matches("sales.items", "sales", "items"));
  EXPECT_TRUE(Matches("*.items", "sales", "items"));
}

TEST(PatternTest, UpperCaseIsFoldedUnlessItIsQuoted) {
  EXPECT_TRUE(Matches("Items", "public", "items"));
  EXPECT_FALSE(Matches("Items", "public", "Items"));
  EXPECT_TRUE(Matches("\"Items\"", "public", "Items"));
}

TEST(PatternTest, StarsAndQuestionMarksStandForOthers) {
  EXPECT_TRUE(Matches("log_202?", "public", "log_2024"));
  EXPECT_TRUE(Matches("sales.*", "sales", "anything"));
  EXPECT_FALSE(Matches("\"log_202?\"", "public", "log_2024"));
}

TEST(PatternTest, DotsAndDollarsInQuotesAreThemselves) {
  EXPECT_TRUE(Matches("\"a.b\"", "public", "a.b"));
  EXPECT_FALSE(Matches("\"a.b\"", "public", "axb"));
  EXPECT_TRUE(Matches("a$", "public", "a$"));
  EXPECT_TRUE(Matches("\"a\"\"b\"", "public", "a\"b"));
}

TEST(PatternTest, RegularExpressionsWorkOutsideQuotes) {
  EXPECT_TRUE(Matches("(a|b)[0-9]+", "public", "b12"));
  EXPECT_FALSE(Matches("(a|b)[0-9]+", "public", "c12"));
}

TEST(PatternTest, EveryDisplayedNameMatchesItself) {
  for (const std::string_view schema : {"public", "sales", "My Schema", "a.b"}) {
    for (const std::string_view name : {"items", "Items", "a b", "a.b", "a*b", "x\"y", "50%",
                                        "c:\\d", "(", "caf\xc3\xa9", "1a"}) {
      EXPECT_TRUE(Matches(DisplayName(schema, name), schema, name)) << schema << " " << name;
    }
  }
}

TEST(PatternTest, WhatIsNoPatternIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("a.b.c"), std::string("\"open"), std::string("a."),
        std::string("(a"), std::string("a\0b", 3), std::string("\xff"), std::string(2000, 'a')}) {
    EXPECT_THAT(ParseTablePattern(text), StatusIs(errs::kInvalidArgument)) << text;
  }
}

}  // namespace
}  // namespace siphon::postgres
