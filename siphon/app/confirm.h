// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_CONFIRM_H_
#define SIPHON_APP_CONFIRM_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"

namespace siphon::app {

// What --clean is about to replace.
struct CleanTarget {
  const profile::Profile& profile;
  // An open connection to it, to tell how much there is; may be null.
  driver::Connection* connection = nullptr;
  std::vector<std::string> tables = {};          // Only these; empty: everything.
  std::vector<std::string> exclude_tables = {};  // Not these.
};

// Asks before `op` ("restore", "sync") replaces the contents of a database. Asks on a terminal
// only: scripts of siphon (Go) use --clean as it is. Does not ask with `assume_yes`, or if
// Session::ConfirmDestructive() has asked. errs::kConfirmationRefused.
absl::Status ConfirmClean(const base::Context& context, const Session& session, std::string_view op,
                          const CleanTarget& target, bool assume_yes);

// "prod (postgres, database shop on db:5432)"; the name alone if it is a URL.
std::string DescribeProfile(const profile::Profile& profile);

}  // namespace siphon::app

#endif  // SIPHON_APP_CONFIRM_H_
