// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_RESTORE_H_
#define DRIVERS_SQLITE_RESTORE_H_

#include <memory>

#include "absl/status/status.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/target.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::sqlite {

// Restores a body into the target. Stages the body as a database in a file next to the target and
// checks it; then publishes it in one step:
//   no target exists: renames the staged file;
//   a whole database: replaces the target's content in one transaction;
//   selected tables, definitions or rows: copies them in one transaction.
// A process that is killed leaves the old database or the new one (the old one possibly with a
// journal that the next connection rolls back), and possibly a staged file, which the next restore
// removes.
//
// `database` is the open target (Mode::kWrite), or null when none exists. It is closed during the
// restore and may be null afterwards.
absl::Status Restore(const base::Context& context, const Target& target,
                     const verbs::RestoreOptions& options, base::Reader& body,
                     std::unique_ptr<Database>& database);

// The errors of Restore() that can be found before the body is read.
absl::Status CheckTarget(const base::Context& context, const Target& target,
                         const verbs::RestoreOptions& options, std::unique_ptr<Database>& database);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_RESTORE_H_
