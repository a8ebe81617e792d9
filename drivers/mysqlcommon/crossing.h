// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_CROSSING_H_
#define DRIVERS_MYSQLCOMMON_CROSSING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/translate.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// For definitions that are to run on the session's server.
absl::StatusOr<Translator> TranslatorFor(const base::Context& context, Session& session);

// How driver::RestoreOptions::leave_out names what a statement makes or fills: "table t",
// "routine f". Empty for a statement of another kind.
std::string CrossingName(const Statement& statement);

// What of the source's database can't come over to the target's server as it is, found out by
// making everything but the rows there, in a scratch database that is dropped again. The source's
// session is left with other settings.
absl::StatusOr<driver::Crossing> CheckCrossing(const base::Context& context, Session& target,
                                               Session& source,
                                               const driver::BackupOptions& options);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_CROSSING_H_
