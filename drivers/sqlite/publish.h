// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_PUBLISH_H_
#define DRIVERS_SQLITE_PUBLISH_H_

#include "absl/status/status.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/stage.h"

namespace siphon::sqlite {

// Makes an existing database the same as the staged one, in one transaction of it: other
// connections see the old content or the new one, and after a crash SQLite rolls back. Without
// `clean` a target that holds anything is errs::kTargetNotEmpty. errs::kBusy when another
// connection keeps its lock. `target` (Mode::kWrite, in a Scope) is only good for closing
// afterwards.
absl::Status ReplaceContent(const Stage& stage, Database& target, bool clean);

// errs::kTargetNotEmpty unless the database has no table, view or other object.
absl::Status CheckEmpty(Database& target);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_PUBLISH_H_
