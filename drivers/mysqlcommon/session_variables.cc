// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/session_variables.h"

#include "absl/strings/str_cat.h"

namespace siphon::mysqlcommon {

std::vector<std::string> SessionAssignments(const Fork& fork, const driver::Version& version,
                                            bool may_be_refused) {
  std::vector<std::string> assignments;
  for (const SessionVariable& variable : kOwnVariables) {
    if (variable.may_be_refused != may_be_refused) continue;
    if (variable.feature.has_value() && !Accepts(fork, version, *variable.feature)) continue;
    assignments.push_back(absl::StrCat(variable.name, "=", variable.value));
  }
  return assignments;
}

}  // namespace siphon::mysqlcommon
