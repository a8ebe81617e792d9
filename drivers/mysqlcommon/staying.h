// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_STAYING_H_
#define DRIVERS_MYSQLCOMMON_STAYING_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/census.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// What stays in a database when a restore replaces some of its tables, and needs these tables:
// foreign keys and views.

// A foreign key to a table of a database, from a table of the same or of another database.
struct ForeignKey {
  std::string schema, table, name;
  std::string parent;
  std::vector<std::pair<std::string, std::string>> columns;  // Its own one, and the parent's.
};
absl::StatusOr<std::vector<ForeignKey>> ForeignKeysInto(const base::Context& context,
                                                        Session& session,
                                                        const std::string& database);

// errs::kDatabase if a row of the key's table has its parent in the present table, and none in the
// table of `scratch` that is to replace it. Nothing is checked if the user may not read the table.
absl::Status CheckRowsStayValid(const base::Context& context, Session& session,
                                const std::string& database, const std::string& scratch,
                                const ForeignKey& key);

// A view that stays.
struct StayingView {
  std::string name;
  Definition definition;
  std::set<std::string> names;  // Those in its text.
  bool concerned = false;       // It reads what is replaced, and works at present.
};

// The objects of a database that stay.
struct Staying {
  std::vector<std::string> tables;  // Tables and sequences.
  std::vector<StayingView> views;   // Without broken ones.
  bool functions = false;           // At least one.
};
// `present` is the whole content of the session's database, `replaced` the part that goes. The
// session's character_set_results must be NULL.
absl::StatusOr<Staying> ReadStaying(const base::Context& context, Session& session,
                                    const Catalog& present, const Catalog& replaced);

// Creates `definitions` in the scratch database, which is the session's current one, with the views
// that stay and are concerned or needed, and empty copies of the tables that stay and that these
// name. An error if the server refuses one of `definitions`, or if a view that stays needs a column
// that will be gone (errs::kDatabase). Drops the copies again.
absl::Status RehearseWithStaying(const base::Context& context, Session& session,
                                 const std::string& database, const std::string& scratch,
                                 const std::vector<Definition>& definitions, const Staying& staying,
                                 bool trust);

// The views of the session's database that work at present.
absl::StatusOr<std::set<std::string>> WorkingViews(const base::Context& context, Session& session,
                                                   const Catalog& there);

// After a part of the session's database was restored: warns of foreign keys between a restored
// table and one that stays if their rows lack a parent, and of views in `worked` that stay and no
// longer work. A table that the user may not read is not checked.
absl::Status WarnOfStaying(const base::Context& context, Session& session, const Census& restored,
                           const std::set<std::string>& worked);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_STAYING_H_
