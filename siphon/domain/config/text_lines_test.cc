// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/text_lines.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::config {
namespace {

TEST(TextLinesTest, CutsTextIntoLines) {
  const TextLines lines("a\r\n\nlast");
  ASSERT_EQ(lines.count(), 3);
  EXPECT_EQ(lines.Content(0), "a");
  EXPECT_EQ(lines.Content(1), "");
  EXPECT_EQ(lines.Content(2), "last");
  EXPECT_EQ(lines.Offset(1), 3u);
  EXPECT_EQ(lines.Offset(3), 8u);
  EXPECT_EQ(lines.LineEnd(), "\r\n");
  EXPECT_TRUE(lines.EndsInsideLine());
}

TEST(TextLinesTest, KnowsTheEdgeCases) {
  EXPECT_EQ(TextLines("").count(), 0);
  EXPECT_EQ(TextLines("").Offset(0), 0u);
  EXPECT_EQ(TextLines("").LineEnd(), "\n");
  EXPECT_FALSE(TextLines("").EndsInsideLine());
  EXPECT_EQ(TextLines("\n").count(), 1);
  EXPECT_EQ(TextLines("\n").LineEnd(), "\n");
  EXPECT_FALSE(TextLines("a\n").EndsInsideLine());
}

TEST(TextLinesTest, TellsBlanksAndCommentsFromContent) {
  const TextLines lines("key:\n  # note\n \t\n\tx # y\n#\n");
  EXPECT_FALSE(lines.IsBlank(0));
  EXPECT_FALSE(lines.IsComment(0));
  EXPECT_TRUE(lines.IsComment(1));
  EXPECT_EQ(lines.Indent(1), 2);
  EXPECT_TRUE(lines.IsBlank(2));
  EXPECT_FALSE(lines.IsComment(2));
  EXPECT_FALSE(lines.IsComment(3));
  EXPECT_TRUE(lines.IsComment(4));
  EXPECT_EQ(lines.Indent(4), 0);
}

TEST(TextLinesTest, FindsDocumentMarks) {
  const TextLines lines("---\na: 1\n....\n--- x\n...\n");
  EXPECT_EQ(lines.FindDocumentMark(0), 0);
  EXPECT_EQ(lines.FindDocumentMark(1), 3);
  EXPECT_EQ(lines.FindDocumentMark(4), 4);
  EXPECT_EQ(TextLines("a\n").FindDocumentMark(0), 1);
}

TEST(TextLinesTest, EndsAnEntryBeforeCommentsThatAreNotItsOwn) {
  const TextLines lines(
      "  a:\n"            // 0
      "    x: 1\n"        // 1
      "\n"                // 2
      "    # of a\n"      // 3
      "\n"                // 4
      "  # of b\n"        // 5
      "    # of b too\n"  // 6
      "  b:\n"            // 7
      "    x: 1\n"        // 8
      "\n");              // 9
  EXPECT_EQ(lines.EntryEnd(0, 0, 7, 2), 4);
  EXPECT_EQ(lines.EntryEnd(0, 5, 7, 2), 7);
  EXPECT_EQ(lines.EntryEnd(7, 7, 10, 2), 9);
}

}  // namespace
}  // namespace siphon::config
