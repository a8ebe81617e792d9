// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/name_patterns.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/error.h"
#include "siphon/domain/config/closest.h"

namespace siphon::mysqlcommon {

bool NamePatterns::Has(std::string_view name) {
  bool found = false;
  for (const std::string& pattern : patterns_) {
    if (pattern != name && !Matches(pattern, name)) continue;
    used_.insert(pattern);
    found = true;
  }
  if (!found && !patterns_.empty() && !unmatched_.contains(name)) unmatched_.emplace(name);
  return found;
}

void NamePatterns::Add(const NamePatterns& other) {
  used_.insert(other.used_.begin(), other.used_.end());
  unmatched_.insert(other.unmatched_.begin(), other.unmatched_.end());
}

absl::Status NamePatterns::CheckAllUsed(std::string_view op, std::string_view where) const {
  std::vector<std::string> unused;
  std::string hint;
  const std::vector<std::string_view> known(unmatched_.begin(), unmatched_.end());
  for (const std::string& pattern : patterns_) {
    if (used_.contains(pattern)) continue;
    unused.push_back(absl::StrCat("\"", pattern, "\""));
    const std::optional<std::string_view> meant = config::Closest(pattern, known);
    if (meant.has_value() && hint.empty()) {
      hint = absl::StrCat("did you mean ", ToUtf8(*meant), "? ");
    }
  }
  if (unused.empty()) return absl::OkStatus();
  return errs::UserError(
      op, errs::kNotFound, absl::StrCat("no table ", absl::StrJoin(unused, ", "), " in ", where),
      absl::StrCat(hint, "names are case-sensitive; * matches any text, ? any one character"));
}

}  // namespace siphon::mysqlcommon
