// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The writing part of file.h: AtomicFile and the functions that use it.

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/base/space.h"

namespace siphon::base {
namespace {

constexpr int kCreateAttempts = 100;
// Bytes between two looks at the free space.
constexpr off_t kSpaceStep = off_t{16} << 20;

enum class Lock { kHeld, kRefused, kUnsupported };

Lock TryLock(int fd) {
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    return errno == EWOULDBLOCK ? Lock::kRefused : Lock::kUnsupported;
  }
  return Lock::kHeld;
}

// True if `path` is the name of the file that `fd` has open.
bool IsSameFile(int fd, const std::string& path) {
  struct stat opened, named;
  return fstat(fd, &opened) == 0 && lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

absl::StatusOr<std::string> RandomSuffix() {
  uint64_t random = 0;
  while (getrandom(&random, sizeof(random), 0) != static_cast<ssize_t>(sizeof(random))) {
    if (errno != EINTR) return errs::ErrnoError("file.create", "no random numbers", errno);
  }
  return absl::StrCat(absl::Hex(random, absl::kZeroPad16));
}

// Opens a regular file that may be stale; an invalid descriptor if it cannot be opened. Some
// network file systems lock only files that are open for writing, so it tries O_RDWR first.
FileDescriptor OpenStale(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return FileDescriptor();
  constexpr int kFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  FileDescriptor fd(open(path.c_str(), O_RDWR | kFlags));
  if (!fd.valid()) fd = FileDescriptor(open(path.c_str(), O_RDONLY | kFlags));
  if (!fd.valid() || fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return FileDescriptor();
  }
  return fd;
}

// renameat2(RENAME_NOREPLACE), or link() and unlink() where it is missing. Returns errno or 0.
int RenameWithoutReplacing(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS && errno != EPERM) return errno;
  if (link(from.c_str(), to.c_str()) != 0) return errno;
  unlink(from.c_str());
  return 0;
}

// Stops a writer before the disk is full, once for each kSpaceStep bytes of the file.
absl::Status CheckSpace(int fd, const std::string& path, size_t more) {
  const off_t at = lseek(fd, 0, SEEK_CUR);
  if (at < 0 || at / kSpaceStep == (at + static_cast<off_t>(more)) / kSpaceStep) {
    return absl::OkStatus();
  }
  const std::optional<uint64_t> left = SpaceLeft(fd);
  if (!left.has_value() || *left >= more) return absl::OkStatus();
  return errs::SystemError("file.write", errs::kIo, absl::StrCat(path, ": the disk is almost full"),
                           "free some space on it, or choose a place on another disk");
}

}  // namespace

AtomicFile::AtomicFile(FileDescriptor fd, std::string directory, std::string path)
    : fd_(std::move(fd)), directory_(std::move(directory)), path_(std::move(path)) {}

AtomicFile::~AtomicFile() {
  if (!published_) unlink(path_.c_str());
}

absl::StatusOr<std::unique_ptr<AtomicFile>> AtomicFile::Create(const std::string& directory,
                                                               const std::string& prefix,
                                                               mode_t mode) {
  for (int attempt = 0; attempt < kCreateAttempts; ++attempt) {
    ASSIGN_OR_RETURN(const std::string suffix, RandomSuffix());
    const std::string path = JoinPath(directory, absl::StrCat(prefix, suffix));
    FileDescriptor fd(open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
    if (!fd.valid()) {
      if (errno == EEXIST || errno == EINTR) continue;
      return errs::ErrnoError("file.create", absl::StrCat("cannot create a file in ", directory),
                              errno);
    }
    // Between open() and flock(), RemoveStaleFiles() of another process may have removed the file.
    const Lock lock = TryLock(fd.get());
    if (lock == Lock::kRefused || !IsSameFile(fd.get(), path)) continue;
    auto file = std::unique_ptr<AtomicFile>(new AtomicFile(std::move(fd), directory, path));
    if (fchmod(file->fd(), mode) != 0) {
      return errs::ErrnoError("file.create", absl::StrCat("cannot set the mode of ", path), errno);
    }
    return file;
  }
  return errs::SystemError("file.create", errs::kIo,
                           absl::StrCat("no free temporary name in ", directory));
}

absl::Status AtomicFile::Write(std::string_view data) {
  if (finished_) return errs::InternalError("file.write", "written to after its end");
  RETURN_IF_ERROR(CheckSpace(fd_.get(), path_, data.size()));
  while (!data.empty()) {
    const ssize_t count = write(fd_.get(), data.data(), data.size());
    if (count >= 0) {
      data.remove_prefix(static_cast<size_t>(count));
    } else if (errno != EINTR) {
      return errs::ErrnoError("file.write", absl::StrCat("cannot write ", path_), errno);
    }
  }
  return absl::OkStatus();
}

absl::Status AtomicFile::Finish() {
  if (finished_) return errs::InternalError("file.sync", "finished twice");
  int result = 0;
  do {
    result = fsync(fd_.get());
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    return errs::ErrnoError("file.sync", absl::StrCat("cannot sync ", path_), errno);
  }
  finished_ = true;
  return absl::OkStatus();
}

absl::Status AtomicFile::Publish(const std::string& name, IfExists if_exists) {
  if (!finished_ || published_) {
    return errs::InternalError("file.publish", "published before its end, or twice");
  }
  if (name.empty() || absl::StrContains(name, '/')) {
    return errs::InternalError("file.publish", absl::StrCat("not a file's name: ", name));
  }
  const std::string target = JoinPath(directory_, name);
  int errnum = 0;
  if (if_exists == IfExists::kFail) {
    errnum = RenameWithoutReplacing(path_, target);
  } else if (rename(path_.c_str(), target.c_str()) != 0) {
    errnum = errno;
  }
  if (errnum == EEXIST) {
    return errs::UserError("file.publish", errs::kAlreadyExists, target);
  }
  if (errnum != 0) {
    return errs::ErrnoError("file.publish", absl::StrCat("cannot rename ", path_, " to ", target),
                            errnum);
  }
  published_ = true;
  return SyncDirectory(directory_);
}

absl::StatusOr<std::vector<std::string>> RemoveStaleFiles(const std::string& directory,
                                                          std::string_view prefix,
                                                          const StaleFileFilter& filter) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(directory.c_str()), &closedir);
  if (listing == nullptr) {
    if (errno == ENOENT) return names;
    return errs::ErrnoError("file.clean", absl::StrCat("cannot list ", directory), errno);
  }
  errno = 0;
  while (const dirent* entry = readdir(listing.get())) {
    if (absl::StartsWith(entry->d_name, prefix)) names.emplace_back(entry->d_name);
    errno = 0;
  }
  if (errno != 0) {
    return errs::ErrnoError("file.clean", absl::StrCat("cannot list ", directory), errno);
  }
  std::sort(names.begin(), names.end());
  std::vector<std::string> removed;
  for (std::string& name : names) {
    const std::string path = JoinPath(directory, name);
    const FileDescriptor fd = OpenStale(path);
    if (!fd.valid() || TryLock(fd.get()) != Lock::kHeld || !IsSameFile(fd.get(), path)) continue;
    if (filter != nullptr) {
      ASSIGN_OR_RETURN(const bool may_remove, filter(name));
      if (!may_remove) continue;
    }
    // Only its owner can remove a file of another user, so this is not an error.
    if (unlink(path.c_str()) == 0) {
      removed.push_back(std::move(name));
    } else if (errno != ENOENT && errno != EACCES && errno != EPERM) {
      return errs::ErrnoError("file.clean", absl::StrCat("cannot remove ", path), errno);
    }
  }
  return removed;
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view data, mode_t mode) {
  const auto [directory, name] = SplitPath(path);
  const std::string prefix = absl::StrCat(".tmp-", name, "-");
  // Removes the files of killed writers. An error here would also occur below.
  RemoveStaleFiles(directory, prefix).status().IgnoreError();
  ASSIGN_OR_RETURN(const std::unique_ptr<AtomicFile> file,
                   AtomicFile::Create(directory, prefix, mode));
  RETURN_IF_ERROR(file->Write(data));
  RETURN_IF_ERROR(file->Finish());
  return file->Publish(name, AtomicFile::IfExists::kReplace);
}

}  // namespace siphon::base
