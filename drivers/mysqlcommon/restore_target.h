// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_RESTORE_TARGET_H_
#define DRIVERS_MYSQLCOMMON_RESTORE_TARGET_H_

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/census.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/routine_grants.h"
#include "drivers/mysqlcommon/scratch.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/settings.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// A body that was loaded: the definitions to create later, its objects, and its first bytes.
struct Loaded {
  std::vector<Definition> deferred;
  Census census;
  std::string head;
};

// The database that a restore replaces, or fills. The caller loads the body between Check() and
// Publish().
class RestoreTarget {
 public:
  // `session` is connected to the database of the profile; it and `options` must outlive this.
  RestoreTarget(Session* session, const driver::RestoreOptions* options);

  // The settings for connections to the target.
  const Settings& settings() const { return settings_; }
  const std::string& database() const { return settings_.database; }
  absl::StatusOr<std::unique_ptr<Session>> Connect(const base::Context& context,
                                                   const std::string& database,
                                                   int attempts = 3) const;

  // Checks that the restore is possible, and warns of what it will not do. Changes nothing.
  absl::Status Check(const base::Context& context);
  // Exchanges the content of the target for that of the scratch database, or replaces its rows. The
  // target has its previous content after a failure, unless the error is errs::Code::kPartial.
  // Drops the scratch database, or leaves it to the next restore.
  absl::Status Publish(const base::Context& context, ScratchDatabase& scratch,
                       const Loaded& loaded);

  // The parts of a restore in place. Waits until no other restore into the target runs, and keeps
  // others out until holder() is closed. `database` is the one to connect to. Others may have
  // changed the target since it was checked, and one may have been killed.
  absl::Status Take(const base::Context& context, const std::string& database);
  Session& holder() { return *holder_; }
  // Warns of what differs in the target's definitions; sets the character set of a new database.
  absl::Status WarnOfDefinitions(const base::Context& context, Session& session,
                                 const Loaded& loaded);
  // After a restore, also a failed one that has called Take(): gives rights back, and warns of what
  // no longer fits.
  void LookAfter(const base::Context& context, bool restored);

 private:
  absl::Status PublishTo(const base::Context& context, ScratchDatabase& scratch,
                         const Loaded& loaded);
  bool partial() const;
  bool replaces_routines() const;
  absl::Status ReadTarget(const base::Context& context, Session& session);
  absl::Status TryLookAfter(const base::Context& context, bool restored);
  absl::Status WarnOfObjectsNotSeen(const base::Context& context);
  absl::Status CheckDropped(const base::Context& context, Session& target,
                            const Census& incoming) const;
  void WarnOfBodies(const base::Context& context, const Loaded& loaded) const;
  absl::Status WarnOfCharacterSet(const base::Context& context, Session& server,
                                  const Loaded& loaded) const;
  absl::Status SetCharacterSet(const base::Context& context, Session& server,
                               std::string_view head) const;
  absl::Status Replace(const base::Context& context, Session& target, const std::string& scratch,
                       const Loaded& loaded) const;

  Session* session_;
  const driver::RestoreOptions* options_;
  Settings settings_;
  std::unique_ptr<Session> holder_;      // Of the lock on the target; also exchanges the tables.
  RoutineGrants grants_;                 // Of the target before the restore.
  std::set<std::string> working_views_;  // The same; read if a part of the target stays.
  Census census_;                        // The objects of the dump.
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_RESTORE_TARGET_H_
