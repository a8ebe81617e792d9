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

// How a database without WAL is read: its readers keep writers from committing, so it is read in
// steps, and anew when it changed between two of them.
struct SnapshotLimits {
  // The longest that one step of the first and of a later attempt holds the lock.
  std::chrono::nanoseconds hold = std::chrono::milliseconds(50);
  std::chrono::nanoseconds longest_hold = std::chrono::milliseconds(250);
  // The most bytes that one step of the first and of a later attempt reads. They wait in memory
  // until the lock is gone: nothing is written while it is held.
  size_t bytes = size_t{8} << 20;
  size_t most_bytes = size_t{24} << 20;
  // After this many attempts, or this long, the database counts as too busy.
  int attempts = 200;
  std::chrono::nanoseconds patience = std::chrono::seconds(60);
};

// One consistent state of a database, as it is read.
//   WAL: a read transaction, which keeps no writer waiting.
//   Rollback journal: a row of read transactions. In each, the database is still what it was in
//   the first, or the snapshot is lost.
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
  // Lets go of the lock; no statement may be running.
  absl::Status Pause();
  // Takes it again. An error, and lost() is true, when the database is not what it was.
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

// Calls `attempt` with a fresh snapshot until it ends without having lost it; errs::kBusy when that
// does not happen within the limits.
absl::Status WithSnapshot(Database& database, const base::Context& context,
                          const SnapshotLimits& limits,
                          absl::FunctionRef<absl::Status(Snapshot&)> attempt);

// Carries a body from a snapshot to the target: the target's Begin() is called with the first bytes
// that go out, and nothing goes out while a lock is held.
class BodyWriter {
 public:
  // The snapshot must have begun.
  BodyWriter(Snapshot* snapshot, driver::BackupTarget* target);

  void SetContents(dumps::Contents contents) { contents_ = std::move(contents); }
  absl::Status Append(std::string_view data);
  // The buffer, for those who format into it; call Flush() or Due() afterwards.
  std::string& buffer() { return buffer_; }
  // Passes on what a WAL snapshot may pass on at once.
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
