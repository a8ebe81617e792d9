// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_MIGRATION_TABLES_H_
#define SIPHON_DOMAIN_MIGRATE_MIGRATION_TABLES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/script.h"
#include "siphon/domain/migrate/sql_session.h"

namespace siphon::migrate {

// The name of the history of a version table: "<table>_history", shortened and with a hash where it
// would exceed `longest` bytes.
std::string HistoryName(std::string_view table, size_t longest);

// The version table and the history of a SqlDatabase: reads them, and makes the SQL that writes
// them. The SQL runs in the transaction of the migration, so each ...Sql() returns statements with
// "; " at the end, or "" where there is nothing to write.
class MigrationTables {
 public:
  // `session`, `dialect` and `clock` must outlive this object.
  MigrationTables(SqlSession* session, const SqlDialect* dialect, const base::Clock* clock)
      : session_(session), dialect_(dialect), clock_(clock), prepares_(dialect->prepares) {}

  // Creates the missing tables; errors as in ReadVersion(). Warns if the history cannot be created;
  // then none is kept.
  absl::Status Ensure(const base::Context& context);
  // The tables were dropped.
  void Forget();
  // While the lock is held no other program writes the history.
  void SetLocked(bool locked);
  bool has_history() const { return has_history_; }

  // {kNilVersion, clean} where there is no table. errs::kIntegrity for impossible content.
  absl::StatusOr<State> ReadVersion(const base::Context& context);
  // Oldest first; empty where there is no table.
  absl::StatusOr<std::vector<HistoryRecord>> ReadHistory(const base::Context& context);

  // Runs `begin`, which opens a transaction (or is empty), and checks that this connection holds
  // the lock and that the version is `expected`; errs::kLocked otherwise. Rolls back on failure.
  absl::Status Begin(const base::Context& context, const std::string& begin, const State& expected);
  // Prepares the statements of Begin(), MoveSql() and InsertSql() where the engine can.
  void Prepare(const base::Context& context);
  // The prepared statements may be gone.
  void ForgetPrepared() { prepared_ = false; }

  // The number for a new line of the history; 0 where none is kept.
  absl::StatusOr<int64_t> NextSequence(const base::Context& context);

  // Sets the version, whatever it was.
  std::string VersionSql(const State& state) const;
  // Sets the version from a known one.
  std::string MoveSql(const State& from, const State& to) const;
  // Adds a line to the history: `done` statements of the step's script are done after `took`.
  std::string InsertSql(const Step& step, std::string_view direction, std::string_view state,
                        std::chrono::nanoseconds took, size_t done, int64_t sequence) const;
  // Updates the line `sequence` of the history.
  std::string UpdateSql(const Script& script, std::string_view state, std::chrono::nanoseconds took,
                        size_t done, int64_t sequence) const;

 private:
  // The statements that every migration runs.
  enum class Routine { kCheck, kMove, kInsert };
  static std::string_view NameOf(Routine routine);
  // The routine in SQL with these values, which are SQL, too.
  std::string RoutineSql(Routine routine, const std::vector<std::string>& values) const;
  // RoutineSql(), or the EXECUTE of the prepared statement.
  std::string CallSql(Routine routine, const std::vector<std::string>& values) const;
  // Lock and version; `from` contains the version table.
  std::string CheckSql(std::string_view from) const;

  SqlSession* const session_;
  const SqlDialect* const dialect_;
  const base::Clock* const clock_;
  bool prepares_;
  bool prepared_ = false;
  bool locked_ = false;
  bool has_table_ = false;
  bool has_history_ = false;
  std::optional<int64_t> last_sequence_;  // Known only while the lock is held.
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_MIGRATION_TABLES_H_
