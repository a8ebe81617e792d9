// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/names.h"

#include "gtest/gtest.h"

namespace siphon::postgres {
namespace {

TEST(NamesTest, IdentifiersAreQuoted) {
  EXPECT_EQ(QuoteIdentifier("a"), "\"a\"");
  EXPECT_EQ(QuoteIdentifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteQualified("s", "t"), "\"s\".\"t\"");
}

TEST(NamesTest, LiteralsAreTheSameWithAndWithoutStandardConformingStrings) {
  EXPECT_EQ(QuoteLiteral("it's"), "'it''s'");
  EXPECT_EQ(QuoteLiteral("a\\'b"), "E'a\\\\''b'");
}

TEST(NamesTest, TablesOfPublicAreCalledByTheirNameAlone) {
  EXPECT_EQ(DisplayName("public", "items"), "items");
  EXPECT_EQ(DisplayName("sales", "orders"), "sales.orders");
}

TEST(NamesTest, WhatAPatternWouldReadOtherwiseIsQuoted) {
  EXPECT_EQ(DisplayName("public", "Items"), "\"Items\"");
  EXPECT_EQ(DisplayName("sales", "a.b"), "sales.\"a.b\"");
  EXPECT_EQ(DisplayName("sales", "a*"), "sales.\"a*\"");
  EXPECT_EQ(DisplayName("public", "2024"), "\"2024\"");
  EXPECT_EQ(DisplayName("public", "caf\xc3\xa9"), "caf\xc3\xa9");
}

TEST(NamesTest, BytesThatAreNoUtf8AreShown) {
  EXPECT_EQ(ToUtf8("caf\xe9!"), "caf\\xe9!");
  EXPECT_EQ(ToUtf8("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(Latin1ToUtf8("caf\xe9"), "caf\xc3\xa9");
}

}  // namespace
}  // namespace siphon::postgres
