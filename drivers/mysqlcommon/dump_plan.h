// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_DUMP_PLAN_H_
#define DRIVERS_MYSQLCOMMON_DUMP_PLAN_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/snapshot.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// What a dump contains. Does not change while the dump is written, so that several threads read it.
struct DumpPlan {
  driver::BackupOptions options;
  Catalog catalog;
  Selection chosen;  // Its pointers lead into the catalogue.
  Position position;
  std::string collation;  // Of the database.
  dumps::Contents contents;
};

// Reads the catalogue in a session that has opened a snapshot with this position, and selects the
// objects. Reports what the dump will lack. The session's character_set_results must be NULL.
absl::StatusOr<std::unique_ptr<const DumpPlan>> PlanDump(const base::Context& context,
                                                         Session& session,
                                                         const driver::BackupOptions& options,
                                                         const Position& position);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_DUMP_PLAN_H_
