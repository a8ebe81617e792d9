// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_MIGRATION_LOCK_H_
#define DRIVERS_SQLITE_MIGRATION_LOCK_H_

#include <chrono>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"

namespace siphon::sqlite {

// A lock between processes: a file under flock(2) into which the holder writes who it is. Releasing
// the lock removes the file; a file that a killed process has left is taken over.
class MigrationLock {
 public:
  struct File {
    std::string path;            // For messages.
    std::string opened_as = {};  // For system calls.
    base::ActingAs::Rights rights = {};
  };
  explicit MigrationLock(File file) : file_(std::move(file)) {}
  ~MigrationLock() { Release(); }
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;

  // errs::kLocked, with the holder, when the lock is not released within `timeout`.
  absl::Status Acquire(const base::Context& context, std::chrono::nanoseconds timeout);
  void Release();

 private:
  absl::StatusOr<bool> Try();
  File file_;
  base::FileDescriptor fd_;
};

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_MIGRATION_LOCK_H_
