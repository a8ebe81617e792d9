// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/temp_vfs.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "siphon/base/file.h"
#include "siphon/base/space.h"

namespace siphon::sqlite {
namespace {

// Bytes of a file between two looks at the free space.
constexpr sqlite3_int64 kSpaceStep = sqlite3_int64{1} << 20;

// SQLite's file, whose methods are replaced by a copy in which writing looks at the free space.
struct FileMethods : sqlite3_io_methods {
  const sqlite3_io_methods* original = nullptr;
  std::string folder;

  FileMethods(const sqlite3_io_methods* methods, std::string directory)
      : sqlite3_io_methods(*methods), original(methods), folder(std::move(directory)) {
    xWrite = &FileMethods::Write;
    xFileControl = &FileMethods::FileControl;
  }

  static const FileMethods& Of(sqlite3_file* file) {
    return *static_cast<const FileMethods*>(file->pMethods);
  }

  bool Fits(sqlite3_int64 bytes) const {
    const std::optional<uint64_t> left = base::SpaceLeft(folder);
    return !left.has_value() || bytes <= 0 || static_cast<uint64_t>(bytes) <= *left;
  }

  static int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    const FileMethods& methods = Of(file);
    if (at / kSpaceStep != (at + size) / kSpaceStep && !methods.Fits(size)) return SQLITE_FULL;
    return methods.original->xWrite(file, data, size, at);
  }

  // The sorter asks for the space of a file before it writes the file.
  static int FileControl(sqlite3_file* file, int operation, void* argument) {
    const FileMethods& methods = Of(file);
    if (operation == SQLITE_FCNTL_SIZE_HINT) {
      sqlite3_int64 size = 0;
      const bool known = methods.original->xFileSize(file, &size) == SQLITE_OK;
      const auto wanted = *static_cast<const sqlite3_int64*>(argument);
      if (known && !methods.Fits(wanted - size)) return SQLITE_FULL;
    }
    return methods.original->xFileControl(file, operation, argument);
  }
};

}  // namespace

// SQLite uses the base class: a copy of the original VFS with another name and Open().
struct TempVfs::State : sqlite3_vfs {
  sqlite3_vfs* original = nullptr;
  std::string own_name;
  std::string prefix;
  bool limits_database = false;
  std::mutex mutex;
  // SQLite keeps pointers to the paths and methods while the files are open.
  std::deque<std::string> paths;
  std::deque<FileMethods> methods;

  // Makes an open file leave space on the disk of the folder of `path`.
  void Limit(sqlite3_file* file, std::string_view path) {
    const std::string folder = base::SplitPath(path).first;
    const std::lock_guard lock(mutex);
    for (const FileMethods& known : methods) {
      if (known.original != file->pMethods || known.folder != folder) continue;
      file->pMethods = &known;
      return;
    }
    file->pMethods = &methods.emplace_back(file->pMethods, folder);
  }

  static int Open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags,
                  int* out_flags) {
    auto* const self = static_cast<State*>(vfs);
    if (path != nullptr) {
      const int result = self->original->xOpen(self->original, path, file, flags, out_flags);
      const bool database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
      if (result == SQLITE_OK && database && self->limits_database) self->Limit(file, path);
      return result;
    }
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
    const int result = self->original->xOpen(self->original, temporary, file, flags, out_flags);
    if (result == SQLITE_OK) self->Limit(file, temporary);
    return result;
  }
};

TempVfs::TempVfs(std::unique_ptr<State> state) : state_(std::move(state)) {}

TempVfs::~TempVfs() { sqlite3_vfs_unregister(state_.get()); }

const char* TempVfs::name() const { return state_->own_name.c_str(); }

absl::StatusOr<std::unique_ptr<TempVfs>> TempVfs::Create(const char* base, std::string prefix,
                                                         bool limits_database) {
  static std::atomic<uint64_t> count = 0;
  if (sqlite3_initialize() != SQLITE_OK || sqlite3_vfs_find(base) == nullptr) {
    return errs::InternalError("sqlite", "SQLite has no way to files");
  }
  auto state = std::make_unique<State>();
  state->original = sqlite3_vfs_find(base);
  static_cast<sqlite3_vfs&>(*state) = *state->original;
  state->own_name = absl::StrCat("siphon-", count++);
  state->prefix = std::move(prefix);
  state->limits_database = limits_database;
  state->zName = state->own_name.c_str();
  state->pNext = nullptr;
  state->xOpen = &State::Open;
  if (sqlite3_vfs_register(state.get(), 0) != SQLITE_OK) {
    return errs::InternalError("sqlite", "SQLite takes no further way to files");
  }
  return std::unique_ptr<TempVfs>(new TempVfs(std::move(state)));
}

}  // namespace siphon::sqlite
