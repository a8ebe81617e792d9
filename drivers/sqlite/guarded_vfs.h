// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_GUARDED_VFS_H_
#define DRIVERS_SQLITE_GUARDED_VFS_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"
#include "sqlite3.h"

namespace siphon::sqlite {

// A VFS of SQLite's (https://www.sqlite.org/vfs.html) that keeps SQLite within its database's own
// files, whoever put files next to the database:
//   - journals, WAL and shared memory must be regular files, and have one name where somebody else
//     controls the place (no links, no FIFOs);
//   - only the database's own journals are removed. A rollback journal can name any file as its
//     super-journal (https://www.sqlite.org/fileformat2.html, section 3), which SQLite removes
//     after the rollback: a name that is not a super-journal of this folder is refused before it;
//   - files are opened, created and removed with the rights of the user who controls the place.
class GuardedVfs {
 public:
  struct Rules {
    std::string path;  // As given to sqlite3_open_v2(); is used as it is, without resolving links.
    base::ActingAs::Rights rights = {};
    // Roll a hot journal back; else it is refused.
    bool roll_back = true;
    // The files next to the database must belong to a trusted user.
    bool trusted_files = false;
    // Who else controls the place; empty if nobody does.
    std::string controller = {};
    // Kept open, because `path` leads through it.
    std::shared_ptr<const base::FileDescriptor> folder = nullptr;
    // Attached databases have journals, too.
    bool attaches = false;
  };
  // `base` is the underlying VFS: null for the default.
  static absl::StatusOr<std::unique_ptr<GuardedVfs>> Create(const char* base, Rules rules);
  // No connection may use the VFS any longer.
  ~GuardedVfs();
  GuardedVfs(const GuardedVfs&) = delete;
  GuardedVfs& operator=(const GuardedVfs&) = delete;

  // For sqlite3_open_v2().
  const char* name() const;
  const Rules& rules() const;
  // Why a file was refused, and what to do; empty if none was.
  const std::string& refusal() const;
  const std::string& hint() const;

 private:
  struct State;
  explicit GuardedVfs(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// True if `path` is a name that SQLite gives to the super-journal of a database in `folder`.
bool IsSuperJournal(std::string_view path, std::string_view folder);

// The super-journal that the end of a rollback journal names; empty if it names none.
std::string SuperJournalOf(int fd);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_GUARDED_VFS_H_
