// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SHARED_SNAPSHOT_H_
#define DRIVERS_MYSQLCOMMON_SHARED_SNAPSHOT_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/snapshot.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// The names of the tables to lock; called at most once.
using LockedTables = absl::FunctionRef<absl::StatusOr<std::vector<std::string>>()>;

struct SharedSnapshot {
  bool shared = false;  // All sessions see the state; otherwise only the first one does.
  Position position;
};

// Opens a transaction on each session; all of them see one state of all transactional tables.
// Nobody can commit while they open: `locker`, another session, takes the first of these locks that
// the account may take, waits at most 2 s for it, and releases it when all transactions are open.
//   BACKUP STAGE BLOCK_COMMIT (MariaDB) or FLUSH TABLES WITH READ LOCK;
//   LOCK TABLES ... READ of `tables`, all tables of the dump: only these are in a common state.
// If the account may take none, or running statements prevent it, the first session alone opens a
// snapshot (snapshot.h). The outcome of each lock is a detail of the context. An error means that a
// session is lost, or the context has stopped.
absl::StatusOr<SharedSnapshot> OpenSharedSnapshot(const base::Context& context, Session& locker,
                                                  absl::Span<Session* const> sessions,
                                                  LockedTables tables);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SHARED_SNAPSHOT_H_
