// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/temp_vfs.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"

namespace siphon::sqlite {

// SQLite uses the base class: a copy of the original VFS with another name and Open().
struct TempVfs::State : sqlite3_vfs {
  sqlite3_vfs* original = nullptr;
  std::string own_name;
  std::string prefix;
  std::mutex mutex;
  // SQLite keeps pointers to the paths while the files are open.
  std::deque<std::string> paths;

  static int Open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags,
                  int* out_flags) {
    auto* const self = static_cast<State*>(vfs);
    if (path != nullptr) return self->original->xOpen(self->original, path, file, flags, out_flags);
    uint64_t random = 0;
    sqlite3_randomness(sizeof(random), &random);
    const char* temporary = nullptr;
    {
      const std::lock_guard lock(self->mutex);
      // SQLite reads URI parameters after the NUL of a path, up to a second NUL.
      self->paths.push_back(absl::StrCat(self->prefix, absl::Hex(random, absl::kZeroPad16),
                                         std::string_view("\0", 1)));
      temporary = self->paths.back().c_str();
    }
    return self->original->xOpen(self->original, temporary, file, flags, out_flags);
  }
};

TempVfs::TempVfs(std::unique_ptr<State> state) : state_(std::move(state)) {}

TempVfs::~TempVfs() { sqlite3_vfs_unregister(state_.get()); }

const char* TempVfs::name() const { return state_->own_name.c_str(); }

absl::StatusOr<std::unique_ptr<TempVfs>> TempVfs::Create(const char* base, std::string prefix) {
  static std::atomic<uint64_t> count = 0;
  if (sqlite3_initialize() != SQLITE_OK || sqlite3_vfs_find(base) == nullptr) {
    return errs::InternalError("sqlite", "SQLite has no way to files");
  }
  auto state = std::make_unique<State>();
  state->original = sqlite3_vfs_find(base);
  static_cast<sqlite3_vfs&>(*state) = *state->original;
  state->own_name = absl::StrCat("siphon-", count++);
  state->prefix = std::move(prefix);
  state->zName = state->own_name.c_str();
  state->pNext = nullptr;
  state->xOpen = &State::Open;
  if (sqlite3_vfs_register(state.get(), 0) != SQLITE_OK) {
    return errs::InternalError("sqlite", "SQLite takes no further way to files");
  }
  return std::unique_ptr<TempVfs>(new TempVfs(std::move(state)));
}

}  // namespace siphon::sqlite
