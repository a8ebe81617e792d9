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

// A CREATE statement, with the settings of the session that ran it; a session that runs it again
// needs the same settings. In a definition from a dump, the statement may also be the DROP of an
// object. The statement's bytes are in `charset`. Names are not qualified by their own database,
// except in a routine's body.
struct Definition {
  std::string create;
  std::string sql_mode;   // Views have none.
  std::string charset;    // character_set_client
  std::string collation;  // collation_connection
  std::string time_zone;  // Events only.
  uint64_t line = 0;      // Line of the dump; 0 when it does not come from a dump.
  bool text_calls = false, opening_calls = false;  // As in Table.
  // The server's message if it refuses to show the view. No server would create such a view again.
  // `create` then lacks the view's algorithm (MySQL).
  std::string unreadable = {};
};

// The lexical rules by which the server reads `definition`.
Syntax SyntaxOf(const Definition& definition);

// The next three read definitions. The session's character_set_results must be NULL. If the user
// may not see a definition, the error says so.

// Of a table or sequence.
absl::StatusOr<std::string> TableDefinition(const base::Context& context, Session& session,
                                            const std::string& database, const Table& table);
absl::StatusOr<Definition> ViewDefinition(const base::Context& context, Session& session,
                                          const std::string& database, const Table& view);
absl::StatusOr<Definition> ObjectDefinition(const base::Context& context, Session& session,
                                            const std::string& database,
                                            const StoredObject& object);

// Indexes into `views` (names with definitions), ordered so that each view comes after those that
// it selects from.
std::vector<size_t> OrderViews(const std::vector<std::pair<std::string, Definition>>& views);

// Why a view cannot be created again, as the server's message: a table, column or function that it
// needs no longer exists, it needs a view in `broken`, or, `with_definers`, a view whose definer no
// longer exists. Empty when it can be created, and when the answer would run code with the user's
// rights.
absl::StatusOr<std::string> WhyBroken(const base::Context& context, Session& session,
                                      const std::string& view, const Definition& definition,
                                      const std::set<std::string>& broken, bool with_definers);

// Runs a CREATE TABLE statement. If the server refuses the table because of a rule that the source
// did not enforce (innodb_strict_mode, sql_require_primary_key, sql_generate_invisible_primary_key,
// unique names of CHECK constraints), creates it without that rule. Returns a remark about this, or
// an empty string.
absl::StatusOr<std::string> CreateTable(const base::Context& context, Session& session,
                                        std::string_view create);

// The SET statement for the settings that `definition` needs.
std::string SessionFor(const Definition& definition);
// The SET statement that gives a session siphon's own settings back. The literals name their
// character set. Without it, the server would read them in the session's current character set,
// which may be UTF-16, and it does not find a time zone by a name in UTF-16.
inline constexpr std::string_view kOwnSession =
    "SET NAMES utf8mb4, sql_mode=_latin1'', time_zone=_latin1'+00:00'";

// What to do about an object that exists already.
enum class Present { kRefuse, kKeep };

struct MakeOptions {
  Present present = Present::kRefuse;
  // The user trusts the code of the definitions, and that of the server.
  bool trust = false;
};

// errs::kDriverUnsupported if the server would run code of other databases, or of objects that
// exist already, with the user's rights to create one of these views in `database`
// (ViewGuard::Runs).
absl::Status CheckViewCalls(const base::Context& context, Session& session,
                            const std::vector<Definition>& definitions, std::string_view database);

// A definition that the server has refused: its index in a list, and the error.
struct RefusedDefinition {
  size_t index = 0;
  absl::Status error = {};
};

// Creates the objects in the session's database and restores the session's settings. Dumps of other
// programs have views in any order. Therefore the statements that failed are run again after the
// others, as long as each round has at least one success. Returns those that failed in the last
// round, in order. Without `trust`, MariaDB has stubs of the functions while it creates the views,
// and runs none of them. An error only if the connection is lost, the context stops, or by
// CheckViewCalls().
absl::StatusOr<std::vector<RefusedDefinition>> TryDefinitions(
    const base::Context& context, Session& session, const std::vector<Definition>& definitions,
    const MakeOptions& options = {});
// The same; the first error of the last round is an error.
absl::Status MakeDefinitions(const base::Context& context, Session& session,
                             const std::vector<Definition>& definitions,
                             const MakeOptions& options = {});

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_DEFINITION_H_
