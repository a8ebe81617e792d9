// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_DEFINITION_H_
#define DRIVERS_MYSQLCOMMON_DEFINITION_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// A CREATE statement (in a dump also a DROP of what it makes) with what the session was set to when
// it was given, and has to be set to when it is given again. Bytes are in `charset`. No name in it
// is qualified by its own database, but for those that a routine's body holds.
struct Definition {
  std::string create;
  std::string sql_mode;   // Views have none.
  std::string charset;    // character_set_client
  std::string collation;  // collation_connection
  std::string time_zone;  // Events only.
  uint64_t line = 0;      // In the dump that it comes from; 0: it comes from none.
};

// These read with character_set_results = NULL, which the session must be set to. An error says so
// where the user may not see a definition.

// A table's or sequence's.
absl::StatusOr<std::string> TableDefinition(const base::Context& context, Session& session,
                                            const std::string& database, const Table& table);
absl::StatusOr<Definition> ViewDefinition(const base::Context& context, Session& session,
                                          const std::string& database, const std::string& view);
absl::StatusOr<Definition> ObjectDefinition(const base::Context& context, Session& session,
                                            const std::string& database,
                                            const StoredObject& object);

// Views so that each comes behind those it is made of; `views` are names with definitions.
std::vector<size_t> OrderViews(const std::vector<std::pair<std::string, Definition>>& views);

// Why a view cannot be made again as it is, in the server's words: a table, a column or a function
// that it needs is gone, or it needs a view of `broken`. Empty for every other view.
absl::StatusOr<std::string> WhyBroken(const base::Context& context, Session& session,
                                      const std::string& view, const Definition& definition,
                                      const std::set<std::string>& broken);

// The statement that sets a session to what `definition` needs.
std::string SessionFor(const Definition& definition);
// The one that takes this back. All of it is read in the collation that the session has had, and a
// server knows no time zone whose name is in UTF-16.
inline constexpr std::string_view kOwnSession =
    "SET NAMES utf8mb4, sql_mode=_latin1'', time_zone=_latin1'+00:00'";

enum class Present { kRefuse, kKeep };

// Runs these in the session's database and sets the session back. Other programs' dumps have views
// in any order, so those that failed are tried again behind the others, as long as that helps; then
// the first error is returned. With kKeep, what is there stays as it is.
absl::Status MakeDefinitions(const base::Context& context, Session& session,
                             const std::vector<Definition>& definitions,
                             Present present = Present::kRefuse);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_DEFINITION_H_
