// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_TABLE_READER_H_
#define DRIVERS_MYSQLCOMMON_TABLE_READER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/table_copy.h"

namespace siphon::mysqlcommon {

// Opens a transaction that sees one state of all tables of InnoDB, and reads the definitions of the
// chosen tables. The session must outlive the snapshot.
absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> OpenTables(
    const base::Context& context, Session& session, const driver::TableChoice& choice);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TABLE_READER_H_
