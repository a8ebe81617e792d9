// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_DATABASES_H_
#define DRIVERS_MYSQLCOMMON_DATABASES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/fork.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::mysqlcommon {

// See driver::DatabaseLister. A server shows only databases in which the user has a right.
absl::StatusOr<std::vector<std::string>> ListDatabases(const base::Context& context,
                                                       const Fork& fork,
                                                       const profile::ConnectionProfile& profile);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_DATABASES_H_
