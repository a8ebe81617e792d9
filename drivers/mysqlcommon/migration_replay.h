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

// What a migration that is resumed on another connection has to know of its statements. Nothing
// here speaks with a server; all of it takes any bytes.
namespace siphon::mysqlcommon {

// Where `text`, a server's message of a syntax error, says that `statement` is wrong, in bytes.
std::optional<size_t> ErrorOffset(std::string_view statement, std::string_view text);

// Of the first `done` statements those that only say how the session is to be (SET, USE, PREPARE):
// on a new connection they are given again, in this order. errs::kDirty where a later statement
// uses what can't be had again: a variable that was computed, a temporary table.
absl::StatusOr<std::vector<std::string_view>> StatementsToReplay(const migrate::Script& script,
                                                                 size_t done);

// True for a statement that changes nothing but its session: SET, USE, PREPARE.
bool IsOfTheSession(std::string_view statement);

struct ChangedObject {
  std::string schema;  // Empty: the current database.
  std::string name;
};
// The one table, view, routine, trigger or event whose definition tells whether `statement` was
// done; nothing for a statement after which it may look as before, or that changes several.
std::optional<ChangedObject> ChangedBy(std::string_view statement);

// What SHOW CREATE TABLE says without AUTO_INCREMENT=n, which counts on.
std::string WithoutCounter(std::string_view create);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_MIGRATION_REPLAY_H_
