// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_VISIBILITY_H_
#define DRIVERS_MYSQLCOMMON_VISIBILITY_H_

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/census.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// The rights of an account on one database, from the output of SHOW GRANTS.
class Rights {
 public:
  // `grants`: the lines, in a session that quotes names by backticks.
  Rights(const std::vector<std::string>& grants, std::string_view database);
  // True if the account has the right, in upper case, on the whole database.
  bool Has(std::string_view right) const;
  // True if the account has the right on this table, or on the whole database.
  bool Has(std::string_view right, std::string_view table) const;
  // True if the account has the right on all databases.
  bool HasEverywhere(std::string_view right) const;
  // True if the account has a right by which the server shows it all tables of the database.
  bool HasAny() const;
  // True for MariaDB's right to read the source of all routines.
  bool ReadsRoutines() const { return reads_routines_; }

 private:
  void Read(std::string_view grant, std::string_view database);

  std::set<std::string, std::less<>> everywhere_;         // On all databases.
  std::set<std::string, std::less<>> here_;               // On the whole database.
  std::set<std::string, std::less<>> revoked_;            // Partial revokes on the database.
  std::set<std::pair<std::string, std::string>> tables_;  // Table and right.
  bool reads_routines_ = false;
};

// A kind of objects that a server hides from the user.
struct Hidden {
  std::string kind;   // "triggers"
  std::string right;  // What the user needs to see them: "TRIGGER".
};

// The kinds of objects that the user has no right to see completely in the database of `catalog`.
// The server does not report whether hidden objects exist. Empty if the server checks no rights.
absl::StatusOr<std::vector<Hidden>> FindHidden(const base::Context& context, Session& session,
                                               const Catalog& catalog);

// "triggers, events"
std::string Kinds(const std::vector<Hidden>& hidden);

// Warns of the objects that the user of a backup may not see and that the backup would dump.
// Returns their kinds, for dumps::Contents::annotations; empty if nothing is hidden.
absl::StatusOr<std::string> WarnOfHidden(const base::Context& context, Session& session,
                                         const Catalog& catalog,
                                         const driver::BackupOptions& options);
// The key of this annotation.
inline constexpr std::string_view kNotSeen = "not_seen";

// Checks `target` before --clean replaces it. errs::kTargetNotEmpty, with the names of the objects
// that would be dropped, if the dump may lack them because the user of the backup could not see
// them. `incoming` has the objects of the dump; it is null before the dump was read. A restore in
// place drops all tables before it reads the dump, so without `incoming` it counts every table.
absl::Status CheckNotSeen(const driver::RestoreOptions& options, const Catalog& target,
                          const Census* incoming);

// Warns of the objects of `target` that --clean would drop, but that the user of the restore may
// not see.
absl::Status WarnOfKept(const base::Context& context, Session& session,
                        const driver::RestoreOptions& options, const Catalog& target);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_VISIBILITY_H_
