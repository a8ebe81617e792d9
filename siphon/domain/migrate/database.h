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

// What the version table says.
struct State {
  int64_t version = kNilVersion;
  bool dirty = false;  // A migration began, and nobody knows that it ended.
  friend bool operator==(const State&, const State&) = default;
};
// "7", "7 (dirty)", "none".
std::string StateText(const State& state);

// One migration to be applied.
struct Step {
  Direction direction = Direction::kUp;
  int64_t version = 0;  // The migration's.
  int64_t from = kNilVersion;
  // The database's version afterwards: going down, that of the migration before, or kNilVersion.
  int64_t target = 0;
  std::string title;
  // Null where there is no file for this direction: then only the version moves.
  std::shared_ptr<const Script> script;
};

// A line of siphon's own history, beside the version table.
struct HistoryRecord {
  int64_t sequence = 0;
  int64_t version = 0;
  int64_t from = kNilVersion;
  int64_t target = 0;
  std::string title;
  std::string direction;  // "up", "down", "force"
  std::string sha256;     // Of the file; empty where there was none.
  std::string started;    // RFC 3339, UTC.
  int64_t duration_ms = 0;
  std::string siphon;  // Its version.
  std::string user;    // Of the database.
  // "done"; "running": between two statements; "started": the next statement was begun, and nobody
  // knows that it ended; "failed": it did nothing.
  std::string state;
  // For "started", where the engine knows: how that looked which the statement changes.
  std::string before;
  int64_t done = 0;  // Statements that are done, of `total`.
  int64_t total = 0;
  std::string done_sha256;  // Of the file up to them.
};

// Where in a migration a statement failed.
struct QueryError {
  std::string file;
  uint64_t line = 0;     // From 1, like the others; 0: not known.
  uint64_t column = 0;   // In characters.
  size_t statement = 0;  // Of `statements`.
  size_t statements = 0;
  std::string query;  // An excerpt.
};
// `original` with where it came from: "1_init.up.sql, line 3, column 8: syntax error ...".
absl::Status QueryFailed(const QueryError& error, const absl::Status& original);
// What QueryFailed() was given; nothing for another status.
std::optional<QueryError> GetQueryError(const absl::Status& status);

// How Resume() treats a statement with an unknown outcome: siphon or the connection ended while the
// statement ran, so it may or may not have taken effect.
enum class UnknownOutcome {
  kDetect,       // Looks for its effect in the database; errs::kDirty where that is not possible.
  kTreatAsDone,  // Continues after it.
  kRunAgain,
};

// A database that migrations are applied to: the contract that every engine implements. Used by one
// thread at a time. Whoever applies migrations holds the lock; reading needs none.
class Database {
 public:
  virtual ~Database() = default;

  // Only once; nothing else after it.
  virtual absl::Status Close() = 0;

  // Takes the lock that keeps other migrating programs away, golang-migrate's where it has one;
  // errs::kLocked, with the holder where the server knows it, when it is not free within `timeout`
  // or held by this object already.
  virtual absl::Status Lock(const base::Context& context, std::chrono::nanoseconds timeout) = 0;
  // errs::kLocked when it is not held.
  virtual absl::Status Unlock(const base::Context& context) = 0;

  // Runs a migration's statements. The version is not touched.
  virtual absl::Status Run(const base::Context& context, const Script& script) = 0;
  // errs::kInvalidArgument for a version below kNilVersion.
  virtual absl::Status SetVersion(const base::Context& context, const State& state) = 0;
  // A version table that is not there yet says {kNilVersion, false}.
  virtual absl::StatusOr<State> Version(const base::Context& context) = 0;
  // Deletes everything in the database's schema, the version table too. Only Close() after it.
  virtual absl::Status Drop(const base::Context& context) = 0;

  // Applies a step: afterwards the database is at `step.target` and clean, or, after an error, as
  // it was; or, where an engine can't do that with these statements, dirty at `step.target`. By
  // default the order of golang-migrate: dirty, run, clean.
  virtual absl::Status Apply(const base::Context& context, const Step& step);
  // An engine may commit several steps at once, each still whole or not at all. While unflushed(),
  // the last ones that were applied do not stand yet; Flush() commits them, as does whatever else
  // is done with the database but Apply(). An error of Apply() commits those before, or undoes them
  // too.
  virtual bool unflushed() const { return false; }
  virtual absl::Status Flush(const base::Context& context);
  // Goes on with a step that left the database dirty, behind the statements that are done.
  // errs::kDirty where it is not known which these are.
  virtual absl::Status Resume(const base::Context& context, const Step& step,
                              UnknownOutcome unknown_outcome);
  // SetVersion() to a clean version, with a line in the history.
  virtual absl::Status Force(const base::Context& context, int64_t version);
  // Oldest first; nothing where there is no history.
  virtual absl::StatusOr<std::vector<HistoryRecord>> History(const base::Context& context);

  // How its scripts are read.
  virtual ScriptOptions script_options() const = 0;
  // The database's own name (a file's name for SQLite), to confirm Drop() with.
  virtual std::string name() const = 0;
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_DATABASE_H_
