// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_BACKUP_H_
#define DRIVERS_MYSQLCOMMON_BACKUP_H_

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// Writes the session's database as SQL that siphon and the engine's own client can read: tables
// with their rows in one consistent state, then routines, views, triggers and events. Changes the
// session's settings.
absl::Status Backup(const base::Context& context, Session& session,
                    const driver::BackupOptions& options, driver::BackupTarget& target);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_BACKUP_H_
