// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/lazy_image.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "drivers/sqlite/body.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/base/space.h"
#include "sqlite3.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.restore";
constexpr mode_t kFileMode = 0600;

absl::Status Damaged(std::string_view detail) { return errs::IntegrityError(kOp, detail); }

}  // namespace

// SQLite uses the first base class: a copy of its own VFS with another name, whose database files
// have other methods.
struct LazyImage::State : sqlite3_vfs {
  // SQLite's file, whose methods are replaced by a copy in which reading gets the frames first.
  struct FileMethods : sqlite3_io_methods {
    const sqlite3_io_methods* original = nullptr;
    State* state = nullptr;

    static const FileMethods& Of(sqlite3_file* file) {
      return *static_cast<const FileMethods*>(file->pMethods);
    }
    static int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
      const FileMethods& methods = Of(file);
      if (!methods.state->Need(static_cast<uint64_t>(at), static_cast<uint64_t>(size))) {
        return SQLITE_IOERR_READ;
      }
      return methods.original->xRead(file, out, size, at);
    }
    // No memory-mapped reads.
    static int Fetch(sqlite3_file*, sqlite3_int64, int, void** out) {
      *out = nullptr;
      return SQLITE_OK;
    }
  };

  State(const base::Context* the_context, std::unique_ptr<driver::ItemFrames> the_frames)
      : sqlite3_vfs(), context(*the_context), frames(std::move(the_frames)) {}
  ~State() {
    if (registered) sqlite3_vfs_unregister(this);
  }

  absl::Status Prepare(const Stage::Place& place) {
    ASSIGN_OR_RETURN(file, base::AtomicFile::Create(place.directory, place.prefix, kFileMode));
    directory = place.directory;
    if (ftruncate(file->fd(), static_cast<off_t>(frames->size())) != 0) {
      return errs::ErrnoError(kOp, absl::StrCat("cannot extend ", file->temporary_path()), errno);
    }
    if (frames->size() == 0) return Damaged("the body is empty");
    ASSIGN_OR_RETURN(const driver::ItemFrames::Piece first, frames->Find(context, 0));
    ASSIGN_OR_RETURN(const ImageHeader header, ParseImageHeader(first.bytes));
    const uint64_t pages = frames->size() / header.page_size;
    if (frames->size() % header.page_size != 0 || (header.pages != 0 && header.pages != pages)) {
      return Damaged(absl::StrCat("the database image has ", frames->size(),
                                  " bytes where its header says ", header.pages, " pages of ",
                                  header.page_size));
    }
    RETURN_IF_ERROR(Store(first));
    return Register();
  }

  absl::Status Register() {
    static std::atomic<uint64_t> count = 0;
    sqlite3_vfs* const own =
        sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find(nullptr) : nullptr;
    if (own == nullptr) return errs::InternalError(kOp, "SQLite has no way to files");
    original = own;
    static_cast<sqlite3_vfs&>(*this) = *own;
    own_name = absl::StrCat("siphon-lazy-", count++);
    zName = own_name.c_str();
    pNext = nullptr;
    xOpen = &State::OpenFile;
    if (sqlite3_vfs_register(this, 0) != SQLITE_OK) {
      return errs::InternalError(kOp, "SQLite takes no further way to files");
    }
    registered = true;
    return absl::OkStatus();
  }

  static int OpenFile(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* opened, int flags,
                      int* out_flags) {
    auto* const self = static_cast<State*>(vfs);
    const int result = self->original->xOpen(self->original, path, opened, flags, out_flags);
    if (result != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0) return result;
    static_cast<sqlite3_io_methods&>(self->methods) = *opened->pMethods;
    self->methods.original = opened->pMethods;
    self->methods.state = self;
    self->methods.xRead = &FileMethods::Read;
    if (self->methods.iVersion >= 3) self->methods.xFetch = &FileMethods::Fetch;
    opened->pMethods = &self->methods;
    return SQLITE_OK;
  }

  // Makes the file have these bytes, as far as the image has them. False: see `failure`.
  bool Need(uint64_t at, uint64_t size) {
    const uint64_t end = std::min(at + size, frames->size());
    while (failure.ok() && at < end) {
      const uint64_t stored = StoredFrom(at);
      if (stored == at) {
        failure = Fill(at);
      } else {
        at = stored;
      }
    }
    return failure.ok();
  }

  // The end of the stored bytes that begin at `at` or before; `at` if it is not stored.
  uint64_t StoredFrom(uint64_t at) const {
    const auto after = ranges.upper_bound(at);
    if (after == ranges.begin()) return at;
    return std::max(at, std::prev(after)->second);
  }

  absl::Status Fill(uint64_t at) {
    ASSIGN_OR_RETURN(const driver::ItemFrames::Piece piece, frames->Find(context, at));
    if (piece.begin > at || piece.begin + piece.bytes.size() <= at) {
      return Damaged(absl::StrCat("no frame has byte ", at, " of the database image"));
    }
    return Store(piece);
  }

  absl::Status Store(const driver::ItemFrames::Piece& piece) {
    RETURN_IF_ERROR(base::RequireSpace(kOp, directory, piece.bytes.size(), "a part of the dump"));
    std::string_view rest = piece.bytes;
    uint64_t at = piece.begin;
    while (!rest.empty()) {
      const ssize_t count = pwrite(file->fd(), rest.data(), rest.size(), static_cast<off_t>(at));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        return errs::ErrnoError(kOp, absl::StrCat("cannot write ", file->temporary_path()), errno);
      }
      rest.remove_prefix(static_cast<size_t>(count));
      at += static_cast<uint64_t>(count);
    }
    Note(piece.begin, at);
    return absl::OkStatus();
  }

  // Adds a range of stored bytes, and joins it with those next to it.
  void Note(uint64_t begin, uint64_t end) {
    auto after = ranges.upper_bound(begin);
    if (after != ranges.begin() && std::prev(after)->second >= begin) {
      --after;
      begin = after->first;
      end = std::max(end, after->second);
      after = ranges.erase(after);
    }
    while (after != ranges.end() && after->first <= end) {
      end = std::max(end, after->second);
      after = ranges.erase(after);
    }
    ranges[begin] = end;
  }

  const base::Context& context;
  const std::unique_ptr<driver::ItemFrames> frames;
  std::string directory;
  std::unique_ptr<base::AtomicFile> file;
  std::map<uint64_t, uint64_t> ranges;  // Of stored bytes: begin and end.
  absl::Status failure;
  sqlite3_vfs* original = nullptr;
  std::string own_name;
  bool registered = false;
  FileMethods methods;
};

LazyImage::LazyImage(std::unique_ptr<State> state) : state_(std::move(state)) {}
LazyImage::~LazyImage() = default;

const absl::Status& LazyImage::failure() const { return state_->failure; }

absl::StatusOr<std::unique_ptr<LazyImage>> LazyImage::Create(
    const base::Context& context, std::unique_ptr<driver::ItemFrames> frames,
    const Stage::Place& place) {
  auto state = std::make_unique<State>(&context, std::move(frames));
  RETURN_IF_ERROR(state->Prepare(place));
  return std::unique_ptr<LazyImage>(new LazyImage(std::move(state)));
}

absl::StatusOr<std::unique_ptr<Database>> LazyImage::Open() {
  return Database::Open(state_->file->temporary_path(),
                        {.mode = Database::Mode::kImmutable, .vfs = state_->own_name.c_str()});
}

}  // namespace siphon::sqlite
