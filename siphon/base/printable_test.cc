// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/printable.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace siphon::base {
namespace {

TEST(PrintableTest, LeavesOrdinaryTextAlone) {
  for (const std::string_view text :
       {"", "orders", "C:\\dumps\\a", "naïve 表 🙂", "a \"b\" 'c' <d>", "e\xcc\x81"}) {
    EXPECT_EQ(Printable(text), text);
    EXPECT_EQ(PrintableLines(text), text);
  }
}

TEST(PrintableTest, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(Printable("\x1b[2J\x1b]0;title\x07"), "\\x1b[2J\\x1b]0;title\\x07");
  EXPECT_EQ(Printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(Printable("a\rb\tc\nd\x7f"), "a\\rb\\tc\\nd\\x7f");
  // A C1 control is a sequence of its own: U+009B is ESC [.
  EXPECT_EQ(Printable("\xc2\x9b"
                      "2J"),
            "\\u{9b}2J");
  EXPECT_EQ(Printable("\xc2\xa0"), "\xc2\xa0");
}

TEST(PrintableTest, EscapesWhatReordersOrBreaksALine) {
  EXPECT_EQ(Printable("a\xe2\x80\xae"
                      "b"),
            "a\\u{202e}b");
  EXPECT_EQ(Printable("a\xe2\x81\xa6"
                      "b\xd8\x9c"),
            "a\\u{2066}b\\u{61c}");
  EXPECT_EQ(Printable("a\xe2\x80\xa8"
                      "b"),
            "a\\u{2028}b");
}

TEST(PrintableTest, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(Printable("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(Printable("\x9b"
                      "2J"),
            "\\x9b2J");
  EXPECT_EQ(Printable("\xc3"), "\\xc3");
}

TEST(PrintableTest, KeepsLineFeedsOfATextOfSeveralLines) {
  EXPECT_EQ(PrintableLines("a\nb\r\n\x1b"), "a\nb\\r\n\\x1b");
}

}  // namespace
}  // namespace siphon::base
