// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/insert_values.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/mysqlcommon/tokens.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::Optional;

TEST(InsertValuesTest, FindsTheValueOfAColumn) {
  const std::vector<std::string> columns = {"a", "b"};
  const Syntax syntax;
  InsertValues all(
      "INSERT INTO `t` VALUES\n(1,'x, (y)'),\n(-2,_latin1''),(3, f('),('),\n4 ),(NULL,0)", syntax,
      columns);
  EXPECT_THAT(all.Find("B", 1), Optional(std::string_view("'x, (y)'")));
  EXPECT_THAT(all.Find("a", 2), Optional(std::string_view("-2")));
  EXPECT_THAT(all.Find("b", 2), Optional(std::string_view("_latin1''")));
  EXPECT_THAT(all.Find("b", 4), Optional(std::string_view("0")));
  EXPECT_EQ(all.Find("b", 5), std::nullopt);
  EXPECT_EQ(all.Find("c", 1), std::nullopt);
  EXPECT_EQ(all.Find("a", 0), std::nullopt);
  EXPECT_THAT(all.Find("b", 3), Optional(std::string_view("f('),(')")));
  EXPECT_THAT(all.Find("a", 4), Optional(std::string_view("NULL")));
  EXPECT_THAT(all.Find("a", 1), Optional(std::string_view("1")));
  InsertValues named("INSERT INTO `t` PARTITION (`p`) (`b`, `values`) VALUES ('one','two')", syntax,
                     columns);
  EXPECT_THAT(named.Find("values", 1), Optional(std::string_view("'two'")));
  EXPECT_EQ(named.Find("a", 1), std::nullopt);
  const std::string_view slash = "INSERT INTO `t` VALUES ('C:\\','x')";
  Syntax plain;
  plain.backslash_escapes = false;
  EXPECT_THAT(InsertValues(slash, plain, columns).Find("b", 1), Optional(std::string_view("'x'")));
  EXPECT_EQ(InsertValues(slash, syntax, columns).Find("b", 1), std::nullopt);
  for (const std::string_view sql : {"", "INSERT", "VALUES (", "INSERT INTO t VALUES ())"}) {
    EXPECT_EQ(InsertValues(sql, syntax, columns).Find("b", 1), std::nullopt) << sql;
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
