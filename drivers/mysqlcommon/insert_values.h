// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_INSERT_VALUES_H_
#define DRIVERS_MYSQLCOMMON_INSERT_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/mysqlcommon/tokens.h"

namespace siphon::mysqlcommon {

// The values of an INSERT statement.
class InsertValues {
 public:
  // `insert` and `syntax` must outlive this. `columns` are those of a statement that names none.
  InsertValues(std::string_view insert, const Syntax& syntax, std::vector<std::string> columns);
  // The text of the value for `column` in a row (from 1), without spaces around it. std::nullopt if
  // there is none. Rows are found without reading the statement again if they ascend.
  std::optional<std::string_view> Find(std::string_view column, int64_t row);

 private:
  // Moves to the first row.
  void Restart();
  bool ReadRow();

  std::string_view insert_;
  const Syntax& syntax_;
  TokenReader reader_;
  std::vector<std::string> columns_;
  size_t first_row_ = 0;  // Position after VALUES.
  int64_t row_ = 0;
  std::vector<std::string_view> values_;  // Of the row.
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_INSERT_VALUES_H_
