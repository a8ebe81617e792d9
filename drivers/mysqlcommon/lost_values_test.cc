// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/lost_values.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace siphon::mysqlcommon {
namespace {

TEST(FindWarnedValueTest, FindsColumnAndRowInAnyLanguage) {
  const std::vector<std::string> columns = {"a", "it is", "c 2", "d`d", "n"};
  struct Case {
    std::string_view message;
    size_t column;
    int64_t row;
  };
  for (const Case& c : {
           Case{"Out of range value for column 'a' at row 12", 0, 12},
           Case{"Data truncated for column 'it is' at row 1", 1, 1},
           Case{"Incorrect integer value: 'a' for column `db`.`a`.`c 2` at row 3", 2, 3},
           Case{"Incorrect integer value: 'it's 7' for column `db`.`t`.`d`d` at row 4", 3, 4},
           Case{"Column 'a' cannot be null", 0, 0},
           Case{"La colonna 'a' non puo` essere nulla", 0, 0},
           Case{"La colonne 'n' n'est pas nulle, ligne 7.", 4, 7},
           Case{"Daten abgeschnitten f\xc3\xbcr Feld 'a' in Zeile 5", 0, 5},
           Case{"\xe5\x88\x97 'a' (\xe8\xa1\x8c 6)", 0, 6},
           Case{"'a' 99999999999999999999", 0, 0},
       }) {
    const std::optional<WarnedValue> value = FindWarnedValue(c.message, columns);
    ASSERT_TRUE(value.has_value()) << c.message;
    EXPECT_EQ(value->column, c.column) << c.message;
    EXPECT_EQ(value->row, c.row) << c.message;
  }
  for (const std::string_view message : {"", "'", "no name", "column 'b' at row 1"}) {
    EXPECT_FALSE(FindWarnedValue(message, columns).has_value()) << message;
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
