// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/text_width.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace siphon::cli {
namespace {

using ::testing::ElementsAre;

TEST(WidthTest, CountsCharactersAndNotBytes) {
  EXPECT_EQ(Width(""), 0u);
  EXPECT_EQ(Width("abc"), 3u);
  EXPECT_EQ(Width("äöü…"), 4u);
  EXPECT_EQ(Width("a\xff\xfe"), 3u);
}

TEST(WidthTest, KnowsWideCharactersAndCombiningMarks) {
  EXPECT_EQ(Width("顧客"), 4u);
  EXPECT_EQ(Width("고객"), 4u);
  EXPECT_EQ(Width("ＡＢ"), 4u);
  EXPECT_EQ(Width("a\u0308"), 1u);
}

TEST(CutMiddleTest, KeepsTheBeginningAndTheEnd) {
  EXPECT_EQ(CutMiddle("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(CutMiddle("abcdefgh", 7), "abc…fgh");
  EXPECT_EQ(CutMiddle("abcdefgh", 6), "abc…gh");
  EXPECT_EQ(CutMiddle("abcdefgh", 2), "a…");
  EXPECT_EQ(CutMiddle("abcdefgh", 1), "…");
  EXPECT_EQ(CutMiddle("abcdefgh", 0), "");
}

TEST(CutMiddleTest, DoesNotCutWithinACharacter) {
  EXPECT_EQ(CutMiddle("äöüäöüäöü", 5), "äö…öü");
  EXPECT_EQ(CutMiddle("顧客顧客顧客", 7), "顧…客");
}

TEST(WrapWordsTest, BreaksBetweenWords) {
  EXPECT_THAT(WrapWords("one two three", 13), ElementsAre("one two three"));
  EXPECT_THAT(WrapWords("one two three", 12), ElementsAre("one two", "three"));
  EXPECT_THAT(WrapWords("one  two", 8), ElementsAre("one  two")) << "unchanged where it fits";
  EXPECT_THAT(WrapWords("a/long/path x", 5), ElementsAre("a/long/path", "x"));
  EXPECT_THAT(WrapWords("", 5), ElementsAre(""));
}

TEST(WrapMessageTest, IndentsTheLinesAfterTheFirst) {
  EXPECT_EQ(WrapMessage("one two three", 2, 9), "one two\n  three");
  EXPECT_EQ(WrapMessage("one two three", 2, 15), "one two three");
  EXPECT_EQ(WrapMessage("one two three", 2, 0), "one two three");
}

TEST(WrapMessageTest, ACommandStaysOnOneLine) {
  EXPECT_EQ(WrapMessage("see 'siphon dumps --help' or it's 'a b'", 0, 16),
            "see\n'siphon dumps --help'\nor it's 'a b'");
  EXPECT_EQ(WrapMessage("an open 'siphon quote", 0, 16), "an open 'siphon\nquote");
}

}  // namespace
}  // namespace siphon::cli
