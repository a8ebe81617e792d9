// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/key_ranges.h"

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(KeyRangesTest, ALiteralDependsOnNoSettingOfTheSession) {
  EXPECT_THAT(KeyLiteral({.name = "a"}, "-12.50"), Optional(Eq("-12.50")));
  EXPECT_THAT(KeyLiteral({.name = "a", .kind = KeyColumn::Kind::kTime}, "2026-01-02 03:04:05.125"),
              Optional(Eq("'2026-01-02 03:04:05.125'")));
  EXPECT_THAT(KeyLiteral({.name = "a", .kind = KeyColumn::Kind::kBytes}, std::string("\0'", 2)),
              Optional(Eq("_binary X'0027'")));
  EXPECT_THAT(KeyLiteral({.name = "a",
                          .kind = KeyColumn::Kind::kText,
                          .charset = "gbk",
                          .collation = "gbk_chinese_ci"},
                         "\x81\x5c"),
              Optional(Eq("_gbk X'815c' COLLATE gbk_chinese_ci")));
  EXPECT_THAT(KeyLiteral({.name = "a",
                          .kind = KeyColumn::Kind::kText,
                          .charset = "utf8mb4",
                          .collation = "utf8mb4_bin"},
                         ""),
              Optional(Eq("_utf8mb4 X'' COLLATE utf8mb4_bin")));
}

TEST(KeyRangesTest, AnAnswerThatIsNoValueHasNoLiteral) {
  EXPECT_EQ(KeyLiteral({.name = "a"}, ""), std::nullopt);
  EXPECT_EQ(KeyLiteral({.name = "a"}, "1 OR 1"), std::nullopt);
  EXPECT_EQ(KeyLiteral({.name = "a", .kind = KeyColumn::Kind::kTime}, "' OR ''='"), std::nullopt);
}

TEST(KeyRangesTest, RangesOfOneColumn) {
  const SplitKey key = {.index = "PRIMARY", .columns = {{.name = "i`d"}}};
  const KeyValue low = {"5"}, high = {"9"};
  EXPECT_EQ(RangeClauses(key, nullptr, &low),
            " FORCE INDEX (`PRIMARY`) WHERE `i``d` <= 5 ORDER BY `i``d`");
  EXPECT_EQ(RangeClauses(key, &low, &high),
            " FORCE INDEX (`PRIMARY`) WHERE `i``d` > 5 AND `i``d` <= 9 ORDER BY `i``d`");
  EXPECT_EQ(RangeClauses(key, &high, nullptr),
            " FORCE INDEX (`PRIMARY`) WHERE `i``d` > 9 ORDER BY `i``d`");
  EXPECT_EQ(RangeClauses(key, nullptr, nullptr), " FORCE INDEX (`PRIMARY`) ORDER BY `i``d`");
  EXPECT_EQ(DescribeRange(key, &low, &high), "`i``d` > 5 AND `i``d` <= 9");
}

TEST(KeyRangesTest, RangesOfSeveralColumns) {
  const SplitKey key = {.index = "k", .columns = {{.name = "a"}, {.name = "b"}, {.name = "c"}}};
  const KeyValue low = {"1", "2", "3"}, high = {"1", "5", "6"};
  EXPECT_EQ(RangeClauses(key, &low, &high),
            " FORCE INDEX (`k`) WHERE `a` >= 1"
            " AND (`a` > 1 OR (`a` = 1 AND (`b` > 2 OR (`b` = 2 AND `c` > 3))))"
            " AND `a` <= 1"
            " AND (`a` < 1 OR (`a` = 1 AND (`b` < 5 OR (`b` = 5 AND `c` <= 6))))"
            " ORDER BY `a`,`b`,`c`");
}

TEST(KeyRangesTest, ALongRangeHasNoDescription) {
  const SplitKey key = {.index = "k", .columns = {{.name = "a", .kind = KeyColumn::Kind::kBytes}}};
  const KeyValue low = {"_binary X'" + std::string(3000, 'a') + "'"};
  EXPECT_THAT(DescribeRange(key, &low, nullptr), IsEmpty());
}

}  // namespace
}  // namespace siphon::mysqlcommon
