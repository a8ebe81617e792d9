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
#include "drivers/mysqlcommon/tokens.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// A CREATE statement (from a dump also the DROP of the same object) with the settings of the
// session that ran it; a session that runs it again needs the same settings. The statement's bytes
// are in `charset`. Names are not qualified by their own database, except in a routine's body.
struct Definition {
  std::string create;
  std::string sql_mode;   // Views have none.
  std::string charset;    // character_set_client
  std::string collation;  // collation_connection
  std::string time_zone;  // Events only.
  uint64_t line = 0;      // Line of the dump; 0 when it does not come from a dump.
  // Why the server does not show a view, as its message: no server would create it again. `create`
  // is then the view without its algorithm.
  std::string unreadable = {};
};

// How the server reads the text of `definition`.
Syntax SyntaxOf(const Definition& definition);

// The next three read definitions. The session's character_set_results must be NULL. The error says
// so when the user may not see a definition.

// Of a table or sequence.
absl::StatusOr<std::string> TableDefinition(const base::Context& context, Session& session,
                                            const std::string& database, const Table& table);
absl::StatusOr<Definition> ViewDefinition(const base::Context& context, Session& session,
                                          const std::string& database, const std::string& view);
absl::StatusOr<Definition> ObjectDefinition(const base::Context& context, Session& session,
                                            const std::string& database,
                                            const StoredObject& object);

// Indexes into `views` (names with definitions), ordered so that each view comes after those that
// it selects from.
std::vector<size_t> OrderViews(const std::vector<std::pair<std::string, Definition>>& views);

// Why a view cannot be created again, as the server's message: a table, column or function that it
// needs no longer exists, or it needs a view in `broken`. Empty when it can be created.
absl::StatusOr<std::string> WhyBroken(const base::Context& context, Session& session,
                                      const std::string& view, const Definition& definition,
                                      const std::set<std::string>& broken);

// Runs a CREATE TABLE statement. If the server refuses the table by a rule that did not hold where
// it was made (innodb_strict_mode, sql_require_primary_key, unique names of CHECK constraints),
// runs it without that rule. Returns a remark about this, or an empty text.
absl::StatusOr<std::string> CreateTable(const base::Context& context, Session& session,
                                        std::string_view create);

// The SET statement for the settings that `definition` needs.
std::string SessionFor(const Definition& definition);
// The SET statement that restores the settings of a session of siphon's. The literals have a
// character set of their own because the server reads them in the session's current one, which may
// be UTF-16, and knows no time zone by a UTF-16 name.
inline constexpr std::string_view kOwnSession =
    "SET NAMES utf8mb4, sql_mode=_latin1'', time_zone=_latin1'+00:00'";

// What to do about an object that exists already.
enum class Present { kRefuse, kKeep };

// Creates the objects in the session's database and restores the session's settings. Dumps of other
// programs have views in any order: statements that failed are run again after the others, as long
// as at least one more succeeds; then the first error is returned.
absl::Status MakeDefinitions(const base::Context& context, Session& session,
                             const std::vector<Definition>& definitions,
                             Present present = Present::kRefuse);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_DEFINITION_H_
