// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_SNAPSHOT_H_
#define DRIVERS_SQLITE_SNAPSHOT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "drivers/sqlite/database.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/driver/driver.h"

namespace siphon::sqlite {

// Limits for reading a database without WAL. Its readers block commits, so it is read in steps, and
// again from the beginning when it has changed between two steps.
struct SnapshotLimits {
  // The longest time that a step holds the lock: in the first attempt, and in later ones.
  std::chrono::nanoseconds hold = std::chrono::milliseconds(50);
  std::chrono::nanoseconds longest_hold = std::chrono::milliseconds(250);
  // The most bytes that a step reads: in the first attempt, and in later ones. They are buffered in
  // memory: nothing is written while the lock is held.
  size_t bytes = size_t{8} << 20;
  size_t most_bytes = size_t{24} << 20;
  // After this many attempts, or this time, the database counts as too busy.
  int attempts = 200;
  std::chrono::nanoseconds patience = std::chrono::seconds(60);
};

// One consistent state of a database while it is being read.
//   WAL: one read transaction; writers do not wait.
//   Rollback journal: a sequence of read transactions. If the database has changed since the first
//   one, the snapshot is lost.
class Snapshot {
 public:
  // `attempt` counts from 0. The database must outlive the snapshot.
  Snapshot(Database* database, const SnapshotLimits& limits, int attempt);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  absl::Status Begin();
  // True when the step has lasted long enough: reset all statements, then Pause() and Resume().
  bool Due() const;
  // Releases the lock; no statement may be running.
  absl::Status Pause();
  // Acquires the lock again. An error, with lost() true, when the database has changed; the lock is
  // then released.
  absl::Status Resume();

  bool stepping() const { return stepping_; }
  bool lost() const { return lost_; }
  // The most bytes to read before Due() must be obeyed.
  size_t step_bytes() const { return bytes_; }
  Database& database() { return *database_; }

 private:
  Database* database_;
  std::chrono::nanoseconds hold_;
  size_t bytes_;
  bool stepping_ = false;
  bool lost_ = false;
  bool held_ = false;
  int64_t version_ = 0;
  base::Context::SteadyTime since_;
};

// Notices a change of a database that is read without locks (Database::immutable()).
class UnlockedCheck {
 public:
  // The database must outlive the check.
  explicit UnlockedCheck(const Database* database);
  // errs::kBusy if the database has changed since.
  absl::Status Check() const;

 private:
  const Database* database_;
  std::string before_;
};

// Counts the attempts to read a database, and waits between them.
class Attempts {
 public:
  // The database must outlive this object.
  Attempts(const Database* database, const SnapshotLimits& limits);
  int number() const { return number_; }  // Of the present attempt, from 0.
  // The snapshot of the present attempt was lost: waits, then begins the next one. errs::kBusy when
  // the limits are reached.
  absl::Status Again(const base::Context& context);

 private:
  const Database* database_;
  const SnapshotLimits limits_;
  const base::Context::SteadyTime begin_;
  std::chrono::milliseconds pause_;
  int number_ = 0;
};

// Calls `attempt` with a new snapshot until it ends without losing the snapshot; errs::kBusy when
// that does not happen within the limits.
absl::Status WithSnapshot(Database& database, const base::Context& context,
                          const SnapshotLimits& limits,
                          absl::FunctionRef<absl::Status(Snapshot&)> attempt);

// Writes a body from a snapshot to the target. Calls the target's Begin() before the first bytes,
// and writes nothing while a lock is held.
class BodyWriter {
 public:
  // The snapshot must have begun.
  BodyWriter(Snapshot* snapshot, driver::BackupTarget* target);

  void SetContents(dumps::Contents contents) { contents_ = std::move(contents); }
  absl::Status Append(std::string_view data);
  // The buffer, for formatting directly into it; call FlushIfFree() or Due() afterwards.
  std::string& buffer() { return buffer_; }
  // Writes the buffer if the snapshot holds no lock (WAL).
  absl::Status FlushIfFree();
  // True when the caller must reset its statements and call Yield().
  bool Due() const;
  absl::Status Yield();
  // Ends the snapshot and writes the rest.
  absl::Status Finish();

 private:
  absl::Status Flush();

  Snapshot* snapshot_;
  driver::BackupTarget* target_;
  dumps::Contents contents_;
  base::Writer* writer_ = nullptr;
  std::string buffer_;
};

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_SNAPSHOT_H_
