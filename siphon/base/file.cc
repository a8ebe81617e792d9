// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::base {
namespace {

absl::StatusOr<FileDescriptor> OpenForReading(const std::string& path) {
  int fd = -1;
  do {
    fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return errs::ErrnoError("file.open", absl::StrCat("cannot open ", path), errno);
  return FileDescriptor(fd);
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    Reset();
    fd_ = other.Release();
  }
  return *this;
}

void FileDescriptor::Reset() {
  // Linux has closed the descriptor even when close() reports EINTR.
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

absl::StatusOr<FileReader> FileReader::Open(const std::string& path) {
  ASSIGN_OR_RETURN(FileDescriptor fd, OpenForReading(path));
  posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return FileReader(std::move(fd), path);
}

absl::StatusOr<size_t> FileReader::Read(absl::Span<char> out) {
  while (true) {
    const ssize_t count = read(fd_.get(), out.data(), out.size());
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) {
      return errs::ErrnoError("file.read", absl::StrCat("cannot read ", name_), errno);
    }
  }
}

std::optional<FileRegion> FileReader::region() const {
  const off_t offset = lseek(fd_.get(), 0, SEEK_CUR);
  if (offset < 0 || name_.empty()) return std::nullopt;
  return FileRegion{name_, static_cast<uint64_t>(offset)};
}

absl::StatusOr<uint64_t> FileReader::Size() const {
  struct stat info;
  if (fstat(fd_.get(), &info) != 0) {
    return errs::ErrnoError("file.stat", absl::StrCat("cannot stat ", name_), errno);
  }
  return static_cast<uint64_t>(info.st_size);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit) {
  ASSIGN_OR_RETURN(FileReader reader, FileReader::Open(path));
  absl::StatusOr<std::string> data = ReadAll(reader, limit);
  if (data.ok() || data.status().code() == absl::StatusCode::kNotFound) return data;
  if (errs::ExitCode(data.status()) != static_cast<int>(errs::Code::kUser)) return data;
  return errs::UserError("file.read", errs::kIo,
                         absl::StrCat(path, " is larger than ", limit, " bytes"));
}

absl::Status SyncDirectory(const std::string& directory) {
  ASSIGN_OR_RETURN(const FileDescriptor fd, OpenForReading(directory));
  // EINVAL: the file system cannot sync directories and does not need it.
  if (fsync(fd.get()) != 0 && errno != EINVAL) {
    return errs::ErrnoError("file.sync", absl::StrCat("cannot sync ", directory), errno);
  }
  return absl::OkStatus();
}

absl::Status CreateDirectories(const std::string& directory, mode_t mode) {
  if (directory.empty()) {
    return errs::UserError("file.mkdir", errs::kInvalidArgument, "the directory's name is empty");
  }
  const auto failed = [&](const std::string& path, int errnum) {
    return errs::ErrnoError("file.mkdir", absl::StrCat("cannot create directory ", path), errnum);
  };
  size_t end = 0;
  while (end != std::string::npos) {
    end = directory.find('/', end + 1);
    const std::string part = directory.substr(0, end);
    if (part.back() == '/') continue;  // The root, or doubled and trailing slashes.
    if (mkdir(part.c_str(), mode) == 0) {
      // Without it, a power failure could remove the directory with files that were synced later.
      // If the parent cannot be opened for reading, continue.
      SyncDirectory(SplitPath(part).first).IgnoreError();
      continue;
    }
    const int errnum = errno;
    struct stat info;
    // The directory may exist whatever the error: EROFS and EACCES take precedence over EEXIST.
    if (stat(part.c_str(), &info) != 0) {
      // Another process may have removed it after mkdir(): the caller learns that nothing is there.
      const bool removed = errnum == EEXIST && lstat(part.c_str(), &info) != 0;
      return failed(part, removed ? ENOENT : errnum);
    }
    if (!S_ISDIR(info.st_mode)) return failed(part, ENOTDIR);
  }
  return absl::OkStatus();
}

std::pair<std::string, std::string> SplitPath(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {".", std::string(path)};
  return {std::string(slash == 0 ? "/" : path.substr(0, slash)),
          std::string(path.substr(slash + 1))};
}

std::string JoinPath(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  return absl::StrCat(absl::StripSuffix(directory, "/"), "/", name);
}

}  // namespace siphon::base
