// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_RESTORE_H_
#define DRIVERS_MYSQLCOMMON_RESTORE_H_

#include <string>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/tools.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// Loads a body, siphon's own or another program's, into a scratch database, and puts that in the
// place of what the session's database holds when the body has been read to its end. Definitions
// can't be rolled back by the server; nothing of the database is touched before that moment, and it
// takes as long as a RENAME. With data_only the rows are replaced in one transaction. With in_place
// the body goes into the database itself: what fails leaves a part of it (errs::Code::kPartial).
// With the system's programs the engine's client makes and fills the tables; the rest is the same.
absl::Status Restore(const base::Context& context, Session& session,
                     const driver::RestoreOptions& options, const Programs& programs,
                     base::Reader& body);

// Loads a whole body into the session's database, which is a scratch database: what fails leaves it
// half filled.
absl::Status FillScratch(const base::Context& context, Session& session,
                         const driver::RestoreOptions& options, const Programs& programs,
                         base::Reader& body);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_RESTORE_H_
