// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_DATABASE_H_
#define SIPHON_DOMAIN_MIGRATE_DATABASE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/names.h"
#include "siphon/domain/migrate/script.h"

namespace siphon::migrate {

// No migration has been applied.
inline constexpr int64_t kNilVersion = -1;

// The content of the version table.
struct State {
  int64_t version = kNilVersion;
  bool dirty = false;  // A migration began and is not known to have ended.
  friend bool operator==(const State&, const State&) = default;
};
// For people: "7", "7 (dirty)", "none".
std::string StateText(const State& state);

// A migration to apply, up or down.
struct Step {
  Direction direction = Direction::kUp;
  int64_t version = 0;         // Of the migration.
  int64_t from = kNilVersion;  // The version of the database before the step.
  // The version of the database after the step; going down, the previous migration or kNilVersion.
  int64_t target = 0;
  std::string title;
  // Null if there is no file for this direction; then only the version changes.
  std::shared_ptr<const Script> script;
};

// A line of the history, a table that siphon keeps in addition to the version table.
struct HistoryRecord {
  int64_t sequence = 0;
  int64_t version = 0;
  int64_t from = kNilVersion;
  int64_t target = 0;
  std::string title;
  std::string direction;  // "up", "down", "force"
  std::string sha256;     // Of the file; empty if there was none.
  std::string started;    // RFC 3339, UTC.
  int64_t duration_ms = 0;
  std::string siphon;  // The version of siphon.
  std::string user;    // The user of the database.
  // "done"; "running": between two statements; "started": the outcome of the next statement is not
  // known; "failed": the next statement failed without effect.
  std::string state;
  // For "started": the fingerprint of the object before the statement, if the engine has one.
  std::string before;
  int64_t done = 0;         // The number of completed statements.
  int64_t total = 0;        // The number of all statements.
  std::string done_sha256;  // Of the text of the completed statements.
};

// The place of a failed statement in a migration. Numbers are counted from 1; 0 means unknown.
struct QueryError {
  std::string file;
  uint64_t line = 0;
  uint64_t column = 0;    // In characters.
  size_t statement = 0;   // The number of the statement.
  size_t statements = 0;  // The number of all statements.
  std::string query;      // An excerpt.
};
// Adds the place to `original`: "1_init.up.sql, line 3, column 8: syntax error ...".
absl::Status QueryFailed(const QueryError& error, const absl::Status& original);
// The place in a status of QueryFailed(); nothing for another status.
std::optional<QueryError> GetQueryError(const absl::Status& status);

// How Resume() treats a statement with an unknown outcome: siphon or the connection ended while the
// statement ran, so it may or may not have taken effect.
enum class UnknownOutcome {
  kDetect,       // Looks for its effect in the database; errs::kDirty where that is not possible.
  kTreatAsDone,  // Continues after it.
  kRunAgain,
};

// A database to which migrations are applied; every engine implements it. Not thread-safe. Hold the
// lock while you apply migrations; reading needs no lock.
class Database {
 public:
  virtual ~Database() = default;

  // Call it once; no other call may follow.
  virtual absl::Status Close() = 0;

  // Takes the lock that excludes other programs that migrate, including golang-migrate where it has
  // a lock. errs::kLocked if the lock is not free within `timeout`, with the holder if the server
  // knows it; or if this object holds the lock already.
  virtual absl::Status Lock(const base::Context& context, std::chrono::nanoseconds timeout) = 0;
  // errs::kLocked if this object does not hold the lock.
  virtual absl::Status Unlock(const base::Context& context) = 0;

  // Runs the statements of a migration; does not change the version.
  virtual absl::Status Run(const base::Context& context, const Script& script) = 0;
  // errs::kInvalidArgument for a version below kNilVersion.
  virtual absl::Status SetVersion(const base::Context& context, const State& state) = 0;
  // {kNilVersion, false} if there is no version table.
  virtual absl::StatusOr<State> Version(const base::Context& context) = 0;
  // Deletes everything in the schema of the database, including the version table. Only Close() may
  // follow.
  virtual absl::Status Drop(const base::Context& context) = 0;

  // Applies a step. On success the database is clean at `step.target`. After an error it is
  // unchanged; or dirty at `step.target`, if the engine cannot undo these statements. The default
  // implementation does what golang-migrate does (docs/contracts.md#order-of-a-migration).
  virtual absl::Status Apply(const base::Context& context, const Step& step);
  // An engine may commit several steps together; each is still applied completely or not at all.
  // While unflushed() is true, the last steps are not durable yet. Flush() and every call other
  // than Apply() commit them. An error of Apply() commits or undoes the steps before.
  virtual bool unflushed() const { return false; }
  virtual absl::Status Flush(const base::Context& context);
  // Continues a step that left the database dirty, after its completed statements. errs::kDirty if
  // these are not known.
  virtual absl::Status Resume(const base::Context& context, const Step& step,
                              UnknownOutcome unknown_outcome);
  // Sets a clean version, and adds a line to the history.
  virtual absl::Status Force(const base::Context& context, int64_t version);
  // Oldest first; empty if there is no history.
  virtual absl::StatusOr<std::vector<HistoryRecord>> History(const base::Context& context);

  // The options to parse scripts for this database.
  virtual ScriptOptions script_options() const = 0;
  // The name of the database (for SQLite of the file), which the user types to confirm Drop().
  virtual std::string name() const = 0;
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_DATABASE_H_
