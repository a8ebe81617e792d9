// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_SWAP_PLACE_H_
#define DRIVERS_POSTGRES_SWAP_PLACE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// A scratch database that several sessions fill, and that takes the place and the name of a
// database when it is complete. Nobody else knows its name. A database that a killed siphon left is
// removed by the next one (DropStaleScratch()): before the exchange it is the scratch database,
// after it the previous one.
class SwapPlace {
 public:
  enum class Role {
    kNew,       // Becomes a database that does not exist yet.
    kEmpty,     // Takes the place of a database without content, of which it is a copy.
    kReplaced,  // Takes the place of a database whose content goes.
  };
  struct Target {
    Role role = Role::kNew;
    std::string name;
    // Of a session on the same server; but for kNew, of the last one in the database, which is
    // closed.
    Settings settings;
    int closed_pid = 0;  // Its backend.
    // SQL that creates what --clean keeps, in a scratch database for kReplaced.
    std::string kept;
  };
  // Makes the scratch database; for kNew, only the session for that. It has the encoding, the
  // locale, the tablespace and the settings of the target. Null if the exchange would be refused,
  // or would lose something; `why` tells people the reason.
  static absl::StatusOr<std::unique_ptr<SwapPlace>> Create(const base::Context& context,
                                                           Target target, std::string& why);
  ~SwapPlace() { Drop().IgnoreError(); }
  SwapPlace(const SwapPlace&) = delete;
  SwapPlace& operator=(const SwapPlace&) = delete;

  // The scratch database, which the caller creates for kNew (kClosed, OpenToUser()).
  const std::string& name() const { return name_; }
  // A session in another database, as the same user.
  Session& admin() { return *admin_; }
  // A session in the scratch database; null for kNew. It is lost with Publish() and Drop().
  Session* inside() { return inside_.get(); }

  // Gives the scratch database the name of the target, in one transaction with the target's new
  // name, and then drops the target. The sessions in the scratch database must be closed, except
  // inside(). errs::kBusy if others are connected to the target, or have changed it so that it can
  // no longer be exchanged; errs::kTargetNotEmpty if they have filled one that was empty.
  absl::Status Publish(const base::Context& context);
  // Drops the scratch database. Runs even if the verb was cancelled, with a time limit of its own.
  absl::Status Drop();

 private:
  explicit SwapPlace(Target target);
  // The reason why the target cannot be exchanged; empty if there is none. Reads facts about it.
  absl::StatusOr<std::string> FindObstacle(const base::Context& context, bool sessions);
  absl::Status CreateScratch(const base::Context& context);
  absl::Status CopySettings(const base::Context& context);
  // SQL that gives the scratch database owner, rights, comment and limit of the target; for kNew
  // the rights of a new database.
  absl::StatusOr<std::string> PropertiesSql(const base::Context& context);
  // Up to four objects in one of the target's databases.
  absl::StatusOr<std::vector<std::string>> ContentOf(const base::Context& context,
                                                     const std::string& database) const;
  // Fails if the target may no longer be exchanged, because others have changed it.
  absl::Status CheckStill(const base::Context& context);
  // Drops what was the target. Keeps it, with a warning, if others have filled it at the last
  // moment.
  void DropPrevious(const base::Context& context, const std::string& previous);
  // True if the scratch database has the name of the target.
  absl::StatusOr<bool> IsPublished(const base::Context& context, const std::string& oid);

  const Target target_;
  const std::string name_;
  Settings admin_settings_;
  std::unique_ptr<Session> admin_, inside_;
  std::string properties_;
  bool dropped_ = false;
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_SWAP_PLACE_H_
