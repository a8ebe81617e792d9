// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_NAME_PATTERNS_H_
#define DRIVERS_MYSQLCOMMON_NAME_PATTERNS_H_

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace siphon::mysqlcommon {

// Names and patterns ('*' and '?') of tables. Records which of them matched a table.
class NamePatterns {
 public:
  explicit NamePatterns(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}
  bool empty() const { return patterns_.empty(); }
  // True when one of the patterns matches `name`.
  bool Has(std::string_view name);
  // errs::kNotFound, with the patterns that matched nothing, and the most similar name that Has()
  // was asked for. `where` is for the message: "the database".
  absl::Status CheckAllUsed(std::string_view op, std::string_view where) const;
  // Adds the matches of another object with the same patterns.
  void Add(const NamePatterns& other);

 private:
  std::vector<std::string> patterns_;
  std::set<std::string> used_;
  std::set<std::string, std::less<>> unmatched_;  // Names that no pattern matched.
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_NAME_PATTERNS_H_
