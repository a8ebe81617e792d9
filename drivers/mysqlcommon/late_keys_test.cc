// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/late_keys.h"

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kTable =
    "CREATE TABLE `t``,(` (\n"
    "  `id` int NOT NULL AUTO_INCREMENT,\n"
    "  `a` decimal(10,2) DEFAULT '0,)',\n"
    "  `key` varchar(20) CHARACTER SET latin1 DEFAULT NULL COMMENT 'KEY `x` (`a`)',\n"
    "  PRIMARY KEY (`id`),\n"
    "  UNIQUE KEY `u` (`a`),\n"
    "  KEY `k, (` (`a`,`key`(10)) USING BTREE COMMENT 'a, b',\n"
    "  KEY `f` (`key`(5) DESC,`a`)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='KEY `y` (`a`)'";

TEST(LateKeysTest, SeparatesSecondaryKeys) {
  const std::optional<LateKeys> keys = SplitKeys(kTable);
  ASSERT_TRUE(keys.has_value());
  EXPECT_EQ(keys->create,
            "CREATE TABLE `t``,(` (\n"
            "  `id` int NOT NULL AUTO_INCREMENT,\n"
            "  `a` decimal(10,2) DEFAULT '0,)',\n"
            "  `key` varchar(20) CHARACTER SET latin1 DEFAULT NULL COMMENT 'KEY `x` (`a`)',\n"
            "  PRIMARY KEY (`id`),\n"
            "  UNIQUE KEY `u` (`a`)"
            ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='KEY `y` (`a`)'");
  EXPECT_EQ(keys->alter,
            "ALTER TABLE `t``,(` ADD KEY `k, (` (`a`,`key`(10)) USING BTREE COMMENT 'a, b',"
            " ADD KEY `f` (`key`(5) DESC,`a`)");
}

TEST(LateKeysTest, LeavesATableWithoutSecondaryKeysAsItIs) {
  for (const std::string_view create :
       {"CREATE TABLE `t` (\n  `a` int,\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB",
        "CREATE TABLE `t` (`a` int) ENGINE=InnoDB",
        "CREATE TABLE `t` (`key` int, `KEY` text) ENGINE=InnoDB"}) {
    EXPECT_EQ(SplitKeys(create), std::nullopt) << create;
  }
}

TEST(LateKeysTest, LeavesAListThatBeginsWithNoColumn) {
  for (const std::string list :
       {"KEY =`a`,(`a`)", "KEY `k` (`a`),`a` int", "(`a`),KEY `k` (`a`)"}) {
    EXPECT_EQ(SplitKeys(absl::StrCat("CREATE TABLE `t` (", list, ") ENGINE=InnoDB")), std::nullopt)
        << list;
  }
}

// The end of a statement after "--" is a comment, and a comma is none.
TEST(LateKeysTest, LeavesKeysWithSignsThatNoDefinitionHas) {
  for (const std::string key :
       {"KEY `b` (`a`)--", "KEY `b`@ (`a`)", "KEY `b` (`a`) #", "KEY -`b` (`a`)"}) {
    EXPECT_EQ(SplitKeys(absl::StrCat("CREATE TABLE `t` (`a` int, ", key, ") ENGINE=InnoDB")),
              std::nullopt)
        << key;
  }
}

TEST(LateKeysTest, LeavesKeysThatMayBeNeededAtOnce) {
  const std::string begin = "CREATE TABLE `t` (`a` int NOT NULL, `b` geometry, KEY `k` (`a`)";
  ASSERT_TRUE(SplitKeys(absl::StrCat(begin, ") ENGINE=InnoDB")).has_value());
  for (const std::string_view end :
       {") ENGINE=MyISAM", ") DEFAULT CHARSET=utf8mb4", ", SPATIAL KEY `s` (`b`)) ENGINE=InnoDB",
        ", FULLTEXT KEY `s` (`b`)) ENGINE=InnoDB",
        ", CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `u` (`a`)) ENGINE=InnoDB",
        ") ENGINE=InnoDB WITH SYSTEM VERSIONING", ") ENGINE=InnoDB /* , */",
        ") ENGINE=InnoDB /*!50100 PARTITION BY HASH (`a`) */",
        ", `c` int AUTO_INCREMENT, KEY `c` (`c`)) ENGINE=InnoDB",
        ", KEY `c` ((lower(`a`)))) ENGINE=InnoDB", ", KEY `c` (`a`,(`a` + 1))) ENGINE=InnoDB",
        ", `c` int GENERATED ALWAYS AS (`a` * 2) VIRTUAL) ENGINE=InnoDB"}) {
    EXPECT_EQ(SplitKeys(absl::StrCat(begin, end)), std::nullopt) << end;
  }
}

TEST(LateKeysTest, KeysOfAnAutoIncrementColumnComeLateIfAUniqueKeyBeginsWithIt) {
  const auto with = [](std::string_view key) {
    return absl::StrCat("CREATE TABLE `t` (`c` int NOT NULL AUTO_INCREMENT, `d` int, ", key,
                        ", KEY `k` (`d`,`c`)) ENGINE=InnoDB");
  };
  EXPECT_TRUE(SplitKeys(with("PRIMARY KEY (`c`)")).has_value());
  EXPECT_TRUE(SplitKeys(with("UNIQUE KEY `u` (`C`,`d`)")).has_value());
  EXPECT_FALSE(SplitKeys(with("PRIMARY KEY (`d`,`c`)")).has_value());
}

TEST(LateKeysTest, LeavesWhatIsNoCompleteDefinition) {
  for (const std::string_view sql :
       {"", "CREATE", "CREATE TABLE `t`", "CREATE TABLE `t` LIKE `u`", "CREATE TABLE `t` (",
        "CREATE TABLE `t` (`a` int, KEY `k` (`a`)",
        "CREATE TABLE `t` (`a` int, KEY `k` (`a` ENGINE=InnoDB",
        "CREATE TEMPORARY TABLE `t` (`a` int, KEY `k` (`a`)) ENGINE=InnoDB",
        "CREATE TABLE `t` (KEY `k` (`a`)) ENGINE=InnoDB",
        "CREATE TABLE `d`.`t` (`a` int, KEY `k` (`a`)) ENGINE=InnoDB"}) {
    EXPECT_EQ(SplitKeys(sql), std::nullopt) << sql;
  }
}

TEST(LateKeysTest, FindsReferencedTables) {
  EXPECT_THAT(ReferencedTables("CREATE TABLE `t` (`a` int COMMENT 'REFERENCES `v`',"
                               " CONSTRAINT `x` FOREIGN KEY (`a`) REFERENCES `u``1` (`a`),"
                               " CONSTRAINT `y` FOREIGN KEY (`a`) REFERENCES `d`.`w` (`a`))"),
              ElementsAre("u`1", "w"));
  EXPECT_THAT(ReferencedTables("CREATE TABLE `references` (`a` int)"), IsEmpty());
}

}  // namespace
}  // namespace siphon::mysqlcommon
