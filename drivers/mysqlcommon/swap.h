// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SWAP_H_
#define DRIVERS_MYSQLCOMMON_SWAP_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// Puts what a scratch database holds in the place of what the session's database holds: all of it,
// or the tables of the same names alone. `deferred` are the statements of the dump that make or
// drop views, routines, triggers and events: these can't be moved from one database into another,
// so they wait until the tables are in place. What of them can be made in the scratch database is
// made there first, so that what the server would refuse is refused before the target is touched.
// Tables move by one RENAME, which is atomic; then `deferred` runs. When something fails, what was
// there is put back and the first error is returned; when that can't be done either, the error says
// where the old tables are (errs::Code::kPartial). Once it has begun it does not look at the
// context: it takes moments.
absl::Status SwapAll(const base::Context& context, Session& session, const std::string& scratch,
                     const std::vector<Definition>& deferred);
absl::Status SwapTables(const base::Context& context, Session& session, const std::string& scratch,
                        const std::vector<Definition>& deferred);

// Refuses what the user could not make again: definitions of the target that are to be dropped,
// with definers that he may not name. (MySQL would not even let him drop what belongs to an account
// above his own.) Asks the server in the scratch database.
absl::Status CheckReplaced(const base::Context& context, Session& session,
                           const std::string& scratch, const std::vector<Definition>& replaced);

// Lets tables that have moved from the scratch database into the session's name nothing of the
// scratch database any more: sequences in defaults, and tables that are nowhere in foreign keys,
// which the session must not check.
absl::Status RepairMoved(const base::Context& context, Session& session,
                         const std::string& scratch);

// Drops everything that the session's database holds.
absl::Status DropAll(const base::Context& context, Session& session);

// Puts the rows of the scratch database's tables in the place of the rows of the tables of the same
// names, in one transaction; their triggers are not run.
absl::Status ReplaceRows(const base::Context& context, Session& session,
                         const std::string& scratch);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SWAP_H_
