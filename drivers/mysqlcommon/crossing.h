// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_CROSSING_H_
#define DRIVERS_MYSQLCOMMON_CROSSING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tokens.h"
#include "drivers/mysqlcommon/translate.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// A translator of definitions for the session's server.
absl::StatusOr<Translator> TranslatorFor(const base::Context& context, Session& session);

// A statement of a dump of the other fork, translated. The result is then judged and run; rows are
// returned unchanged. `syntax` is that of `sql`.
Translated TranslateStatement(const Translator& translator, std::string_view sql,
                              const Syntax& syntax);

// The object that a statement creates or fills, as driver::RestoreOptions::leave_out names it:
// "table t", "routine f". Empty for a statement of another kind.
std::string CrossingName(const Statement& statement);

// Lists the objects of the source's database that the target's server cannot hold unchanged.
// Creates everything except the rows in a scratch database on the target's server, and drops it
// again. Changes the settings of the source's session.
absl::StatusOr<driver::Crossing> CheckCrossing(const base::Context& context, Session& target,
                                               Session& source,
                                               const driver::BackupOptions& options);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_CROSSING_H_
