// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SWAP_H_
#define DRIVERS_MYSQLCOMMON_SWAP_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/census.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// Replaces the content of the session's database, to the given extent, by that of a scratch
// database. The caller holds the lock of the target (target_lock.h) until this has ended.
//
// `deferred` are the dump's statements that create or drop views, routines, triggers and events.
// The server cannot move these from one database to another, so they run after the tables have
// moved. They are first run in the scratch database where that is possible, so that the server's
// refusal comes before the target is changed. One RENAME TABLE, which is atomic, moves the tables.
//
// `census` has the objects of the dump. The tables in the scratch database are compared with it
// before anything moves, the target afterwards; a difference is a failure (errs::kIntegrity).
//
// After a failure the previous content is put back and the first error is returned. If that fails,
// too, the error names the place of the old tables (errs::Code::kPartial). Once the exchange has
// begun, a stop of the context is ignored: it takes only moments.
//
// Foreign keys and views that stay must remain valid: errs::kDatabase before anything changes if
// they would lack rows or columns (staying.h).
absl::Status Swap(const base::Context& context, Session& session, const std::string& scratch,
                  const std::vector<Definition>& deferred, const Census& census, Extent extent,
                  bool trust);

// The objects of the target to compare after a restore.
Census::Scope ScopeOf(Extent extent);

// An error when the user could not recreate these definitions of the target, which are about to be
// dropped, because he may not name their definers. (MySQL does not even allow dropping an object of
// an account with more rights.) Tests it in the scratch database.
absl::Status CheckReplaced(const base::Context& context, Session& session,
                           const std::string& scratch, const std::vector<Definition>& replaced);

// Removes references to the scratch database from tables that have moved out of it: to sequences in
// defaults, and to missing tables in foreign keys. The session must not check foreign keys.
absl::Status RepairMoved(const base::Context& context, Session& session,
                         const std::string& scratch);

// Drops everything in the session's database.
absl::Status DropAll(const base::Context& context, Session& session);

// Drops the views, routines, triggers and events in the session's database that have names of the
// dump, and the tables where the dump has a view of the same name.
absl::Status DropHeld(const base::Context& context, Session& session, const Census& census);

// Replaces the rows of the tables that the scratch database also has by the rows there. Triggers do
// not run. errs::kIntegrity if the tables there are not those of `census`.
//
// Tables with transactions are changed in one, and so completely or not at all; a stop of the
// context is ignored once it is committed. The other tables are changed before that commit, by a
// second session and statement by statement. After a failure or stop there, they may lack rows
// (errs::Code::kPartial, unless the context has stopped), and a hint names them.
absl::Status ReplaceRows(const base::Context& context, Session& session, const std::string& scratch,
                         const Census& census);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SWAP_H_
