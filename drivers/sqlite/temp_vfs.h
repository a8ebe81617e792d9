// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_TEMP_VFS_H_
#define DRIVERS_SQLITE_TEMP_VFS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sqlite3.h"

namespace siphon::sqlite {

// A VFS of SQLite's (https://www.sqlite.org/vfs.html) that places temporary files under a given
// path: sorting a large index needs much space, which the folder for temporary files may not have.
// SQLite removes the name of each file as soon as the file is open. The files leave space on their
// disk (base::SpaceLeft): SQLite fails as on a full disk before it is full.
class TempVfs {
 public:
  // `base` is the underlying VFS: "unix-none", or null for the default. `prefix` is the beginning
  // of the temporary files' paths. `limits_database`: the database itself leaves space on its disk,
  // too; no other VFS that replaces its methods may be on top.
  static absl::StatusOr<std::unique_ptr<TempVfs>> Create(const char* base, std::string prefix,
                                                         bool limits_database = false);
  // No connection may use the VFS any longer.
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
