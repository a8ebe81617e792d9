// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_PUBLISH_H_
#define DRIVERS_SQLITE_PUBLISH_H_

#include "absl/status/status.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/stage.h"

namespace siphon::sqlite {

// Replaces the content of an existing database by that of the staged one, in one transaction: other
// connections see the old content or the new one, and after a crash SQLite rolls back. Without
// `clean`, errs::kTargetNotEmpty for a target that is not empty. errs::kBusy when another
// connection keeps its lock. Afterwards `target` (Mode::kWrite, in a Scope) can only be closed.
absl::Status ReplaceContent(const Stage& stage, Database& target, bool clean);

// errs::kTargetNotEmpty unless the database has no table, view or other object.
absl::Status CheckEmpty(Database& target);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_PUBLISH_H_
