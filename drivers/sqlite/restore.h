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

// Makes the target what the body and the options say. The body is staged beside it as a database of
// its own and checked; then, in one step, it becomes the target:
//   there is no target: the staged file is given its name;
//   a whole database: the target's content is replaced in one transaction;
//   chosen tables, definitions or rows: they are copied in one transaction.
// A process that is killed leaves the old database or the new one (the old one perhaps with a
// journal, which the next opening rolls back), and at most a staged file, which the next restore
// removes.
//
// `database` is the open target (Mode::kWrite), null when there is none; it is closed in between
// and may be null afterwards.
absl::Status Restore(const base::Context& context, const Target& target,
                     const verbs::RestoreOptions& options, base::Reader& body,
                     std::unique_ptr<Database>& database);

// What of that can be refused before a body is read.
absl::Status CheckTarget(const base::Context& context, const Target& target,
                         const verbs::RestoreOptions& options, std::unique_ptr<Database>& database);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_RESTORE_H_
