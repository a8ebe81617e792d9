// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_MEMBERS_H_
#define DRIVERS_MYSQLCOMMON_MEMBERS_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// Whether their texts tell the values of an ENUM or SET apart. They do not if two members are equal
// in the column's collation: a server without strict mode takes such a type, and finds the first
// member for both. Nor do they if a member is empty: '' is also the error value of an ENUM, and the
// SET without members.
enum class Members { kDistinct, kAmbiguous, kForTheServer };
// kForTheServer if only the server knows whether two members are equal. `column_type` and
// `collation` are those of information_schema.columns.
Members CompareMembers(std::string_view column_type, std::string_view collation);

// As CompareMembers(), and asks the server where it must. True for kAmbiguous.
absl::StatusOr<bool> AreAmbiguous(const base::Context& context, Session& session,
                                  std::string_view column_type, std::string_view charset,
                                  std::string_view collation);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_MEMBERS_H_
