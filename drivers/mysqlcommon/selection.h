// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SELECTION_H_
#define DRIVERS_MYSQLCOMMON_SELECTION_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace siphon::mysqlcommon {

// Names and patterns of tables ('*' and '?'), and which of them have been of use.
class Selection {
 public:
  explicit Selection(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}
  bool empty() const { return patterns_.empty(); }
  // True when one of the patterns stands for `name`.
  bool Has(std::string_view name);
  // errs::kNotFound with the patterns that stood for nothing; `where` as in "the database".
  absl::Status CheckAllUsed(std::string_view op, std::string_view where) const;

 private:
  std::vector<std::string> patterns_;
  std::set<std::string> used_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SELECTION_H_
