// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SYSTEM_DUMP_H_
#define DRIVERS_MYSQLCOMMON_SYSTEM_DUMP_H_

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/base/environment.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// Runs the mysqldump or mariadb-dump that is installed on the system for a backup, and counts the
// rows in its output. errs::kDriverUnsupported for options that these programs do not have.
absl::Status SystemBackup(const base::Context& context, Session& session,
                          const driver::BackupOptions& options, driver::BackupTarget& target,
                          const base::Environment& environment);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SYSTEM_DUMP_H_
