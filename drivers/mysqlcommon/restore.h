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

// Loads a body, written by siphon or another program, into a scratch database. After it has read
// the whole body, exchanges the tables of the session's database for those of the scratch database.
// The server cannot roll back definitions; therefore the session's database stays unchanged until
// this exchange, which takes as long as a RENAME TABLE.
//
// With data_only, replaces the rows in one transaction. With in_place, loads the body into the
// session's database itself: a failure leaves a part of the body there (errs::Code::kPartial). With
// the system's programs, the engine's client creates and fills the tables.
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
