// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_TEMP_VFS_H_
#define DRIVERS_SQLITE_TEMP_VFS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sqlite3.h"

namespace siphon::sqlite {

// One of SQLite's own ways to files (https://www.sqlite.org/vfs.html), but with the temporary files
// that sorting a large index takes under names of ours, where the disk is known to be large enough
// and not in a folder for temporary files. SQLite removes each name as soon as the file is open.
class TempVfs {
 public:
  // `base` is "unix-none", or null for the usual one. `prefix` is the beginning of the temporary
  // files' paths.
  static absl::StatusOr<std::unique_ptr<TempVfs>> Create(const char* base, std::string prefix);
  // No connection may use it any more.
  ~TempVfs();
  TempVfs(const TempVfs&) = delete;
  TempVfs& operator=(const TempVfs&) = delete;

  // For sqlite3_open_v2().
  const char* name() const;

 private:
  struct State;
  explicit TempVfs(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_TEMP_VFS_H_
