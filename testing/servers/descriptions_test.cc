// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/descriptions.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(DescriptionsTest, TheOrderOfLinesIsNoDifference) {
  EXPECT_EQ(CompareDescriptions("a\nb", "b\na"), "");
  EXPECT_EQ(CompareDescriptions("a\nb", "b\nc"), "- a\n+ c\n");
}

TEST(DescriptionsTest, TheFirstLineThatDiffersIsShown) {
  EXPECT_EQ(FirstDifference("", ""), "");
  EXPECT_EQ(FirstDifference("a\nb\n", "a\nb\n"), "");
  EXPECT_EQ(FirstDifference("a\nb\nc", "a\nB\nc"), "line 2 of 5 and 5 bytes\n- b\n+ B\n");
  EXPECT_EQ(FirstDifference("a\n", "a\nb\n"), "line 2 of 2 and 4 bytes\n- \n+ b\n");
  EXPECT_EQ(FirstDifference("a\nb", "a"), "line 1 of 3 and 1 bytes\n- a\n+ a\n");
  EXPECT_EQ(FirstDifference("", "a"), "line 1 of 0 and 1 bytes\n- \n+ a\n");
}

TEST(DescriptionsTest, ALongLineIsCutAroundTheDifference) {
  const std::string many(1 << 20, 'x');
  const std::string text =
      FirstDifference(absl::StrCat(many, "one", many), absl::StrCat(many, "two", many));
  EXPECT_THAT(text, StartsWith("line 1 of "));
  EXPECT_THAT(text, HasSubstr("xxxonexxx"));
  EXPECT_THAT(text, HasSubstr("xxxtwoxxx"));
  EXPECT_THAT(text, SizeIs(::testing::Lt(1000)));
}

}  // namespace
}  // namespace siphon::testing
