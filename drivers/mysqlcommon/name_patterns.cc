// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/name_patterns.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/error.h"

namespace siphon::mysqlcommon {

bool NamePatterns::Has(std::string_view name) {
  bool found = false;
  for (const std::string& pattern : patterns_) {
    if (pattern != name && !Matches(pattern, name)) continue;
    used_.insert(pattern);
    found = true;
  }
  return found;
}

absl::Status NamePatterns::CheckAllUsed(std::string_view op, std::string_view where) const {
  std::vector<std::string> unused;
  for (const std::string& pattern : patterns_) {
    if (!used_.contains(pattern)) unused.push_back(absl::StrCat("\"", pattern, "\""));
  }
  if (unused.empty()) return absl::OkStatus();
  return errs::UserError(op, errs::kNotFound,
                         absl::StrCat("no table ", absl::StrJoin(unused, ", "), " in ", where),
                         "names are case-sensitive; * matches any text, ? any one character");
}

}  // namespace siphon::mysqlcommon
