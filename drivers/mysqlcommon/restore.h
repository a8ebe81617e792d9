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

// Loads a body, written by siphon or another program, into a scratch database. After the whole body
// was read, exchanges the content of the session's database for it. The server cannot roll back
// definitions, so the database is not changed before; the exchange takes as long as a RENAME TABLE.
// With data_only, replaces the rows in one transaction. With in_place, loads the body into the
// database itself: a failure leaves a part of it there (errs::Code::kPartial). With the system's
// programs, the engine's client creates and fills the tables.
absl::Status Restore(const base::Context& context, Session& session,
                     const driver::RestoreOptions& options, const Programs& programs,
                     base::Reader& body);

// Loads a whole body into the session's database, which is a scratch database. A failure leaves it
// partly filled. Events are created disabled.
absl::Status FillScratch(const base::Context& context, Session& session,
                         const driver::RestoreOptions& options, const Programs& programs,
                         base::Reader& body);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_RESTORE_H_
