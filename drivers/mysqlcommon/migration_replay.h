// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_MIGRATION_REPLAY_H_
#define DRIVERS_MYSQLCOMMON_MIGRATION_REPLAY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/domain/migrate/script.h"

// Facts about a migration's statements, for resuming the migration on another connection. The
// functions accept any bytes, and send nothing to a server.
namespace siphon::mysqlcommon {

// The position of a syntax error in `statement`, in bytes, from `text`, the server's message.
std::optional<size_t> ErrorOffset(std::string_view statement, std::string_view text);

// The statements that a new connection has to run again: those of the first `done` statements that
// change only their session (SET, USE, PREPARE), in their order. errs::kDirty if a later statement
// uses session state that cannot be recreated: a computed variable, a temporary table.
absl::StatusOr<std::vector<std::string_view>> StatementsToReplay(const migrate::Script& script,
                                                                 size_t done);

// True for a statement that changes only its session: SET, USE, PREPARE.
bool IsOfTheSession(std::string_view statement);

struct ChangedObject {
  std::string schema;  // Empty: the current database.
  std::string name;
};
// The table, view, routine, trigger or event whose definition shows whether `statement` was
// executed. Nothing for a statement that may leave the definition unchanged, or that changes
// several objects.
std::optional<ChangedObject> ChangedBy(std::string_view statement);

// The output of SHOW CREATE TABLE without AUTO_INCREMENT=n, which changes with every row.
std::string WithoutCounter(std::string_view create);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_MIGRATION_REPLAY_H_
