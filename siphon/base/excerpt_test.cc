// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/excerpt.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::base {
namespace {

TEST(ListSomeTest, EndsInDotsOnlyWhenItemsAreLeftOut) {
  const std::vector<std::string> names = {"a", "b", "c"};
  EXPECT_EQ(ListSome({}), "");
  EXPECT_EQ(ListSome(names), "a, b, c");
  EXPECT_EQ(ListSome(names, 3), "a, b, c");
  EXPECT_EQ(ListSome(names, 2), "a, b, ...");
  EXPECT_EQ(ListSome(names, 1, "; "), "a; ...");
  EXPECT_EQ(ListSome(names, 0), "...");
}

TEST(EscapedExcerptTest, EscapesAndEndsInDotsOnlyWhenBytesAreLeftOut) {
  EXPECT_EQ(EscapedExcerpt("", 4), "");
  EXPECT_EQ(EscapedExcerpt("abcd", 4), "abcd");
  EXPECT_EQ(EscapedExcerpt("abcde", 4), "abcd...");
  EXPECT_EQ(EscapedExcerpt("a\n\"\x01\xff", 5), "a\\n\\\"\\x01\\xff");
}

}  // namespace
}  // namespace siphon::base
