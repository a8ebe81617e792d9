// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/utf8.h"

#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::base {
namespace {

TEST(Utf8Test, DecodesTheFirstAndLastCharacterOfEachLength) {
  struct {
    std::string_view bytes;
    uint32_t value;
  } const kCases[] = {{"\x01", 1},
                      {"\x7F", 0x7F},
                      {"\xC2\x80", 0x80},
                      {"\xDF\xBF", 0x7FF},
                      {"\xE0\xA0\x80", 0x800},
                      {"\xED\x9F\xBF", 0xD7FF},
                      {"\xEE\x80\x80", 0xE000},
                      {"\xEF\xBF\xBF", 0xFFFF},
                      {"\xF0\x90\x80\x80", 0x10000},
                      {"\xF4\x8F\xBF\xBF", 0x10FFFF}};
  for (const auto& test : kCases) {
    EXPECT_EQ(DecodeUtf8(test.bytes).value, test.value);
    EXPECT_EQ(DecodeUtf8(test.bytes).length, test.bytes.size());
  }
}

TEST(Utf8Test, RefusesWhatRfc3629Refuses) {
  for (std::string_view bytes :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC2", "\xE2\x82",
        "\xF0\x9F\x98", "\xC2\x41"}) {
    EXPECT_EQ(DecodeUtf8(bytes).length, 0u) << bytes;
    EXPECT_FALSE(IsValidUtf8(bytes)) << bytes;
  }
}

TEST(Utf8Test, JudgesTheWholeText) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("größe 大きさ 😀"));
  EXPECT_TRUE(IsValidUtf8(std::string_view("a\0b", 3)));
  EXPECT_FALSE(IsValidUtf8("good until here \xFF"));
}

}  // namespace
}  // namespace siphon::base
