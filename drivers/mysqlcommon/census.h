// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_CENSUS_H_
#define DRIVERS_MYSQLCOMMON_CENSUS_H_

#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/statement.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// The objects that a dump creates, as siphon reads its statements. A database that was restored
// must contain exactly these: a difference means that the server read a statement in another way,
// or that another session changed the database meanwhile.
class Census {
 public:
  // Notes a statement that creates or drops objects; ignores others. `sql` is in the session's
  // character_set_client. Call it in the order of the dump.
  absl::Status Note(const base::Context& context, Session& session, const Statement& statement,
                    std::string_view sql);
  // Adds the objects of another part of the dump.
  void Add(const Census& other) { objects_.insert(other.objects_.begin(), other.objects_.end()); }

  // True if the dump creates a table, view or sequence of this name.
  bool Has(const Table& table) const;
  bool HasTable(std::string_view name) const;
  // True if the dump creates a trigger of this name, for whatever table.
  bool HasTrigger(std::string_view name) const;
  // The part of `there` that has the same names: tables, views and sequences, which share their
  // names, the triggers of tables, routines and events. A dump that is to replace its own objects
  // alone replaces these.
  absl::StatusOr<Catalog> Held(const base::Context& context, Session& session,
                               const Catalog& there) const;

  // Which objects of a database to compare.
  enum class Scope {
    kAll,          // All of them.
    kTables,       // All of them, but the definitions (views, triggers, ...) do not exist yet.
    kTheseTables,  // Tables of the dump's names, and their triggers.
    kHeld          // Those that Held() returns.
  };
  // errs::kIntegrity with the names of the objects that are missing or not in the dump.
  absl::Status Check(const base::Context& context, Session& session, const Catalog& there,
                     Scope scope) const;

 private:
  // "table t", "procedure p", "trigger tr on t".
  std::set<std::string> objects_;
};

// errs::kIntegrity if both catalogues of a database do not have the same objects.
absl::Status CheckSameObjects(const Catalog& before, const Catalog& after);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_CENSUS_H_
