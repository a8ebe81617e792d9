// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_VIEW_STUBS_H_
#define DRIVERS_MYSQLCOMMON_VIEW_STUBS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

// Stubs in the place of functions while views are created, on MariaDB: the server would call the
// functions (view_calls.h). All work in the session's current database.
namespace siphon::mysqlcommon {

// The deterministic functions.
absl::StatusOr<std::set<std::string>> DeterministicFunctions(const base::Context& context,
                                                             Session& session);

// Replaces these functions, but not those in `but`, by stubs with the same parameters and the same
// type, which are not deterministic and return NULL. Returns their names.
absl::StatusOr<std::vector<std::string>> StubFunctions(const base::Context& context,
                                                       Session& session,
                                                       const std::set<std::string>& but);

// Drops all stubs, also those that a killed siphon has left.
absl::Status DropStubs(const base::Context& context, Session& session);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_VIEW_STUBS_H_
