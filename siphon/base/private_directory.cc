// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/private_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::base {
namespace {

constexpr std::string_view kOp = "file.private";
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr std::string_view kTemporaryPrefix = ".tmp-";

absl::Status Distrusted(const std::string& path, std::string_view why) {
  return errs::UserError(kOp, errs::kIo, absl::StrCat(path, " is not trusted: ", why),
                         "look at it, then remove it");
}

absl::Status CheckName(std::string_view name) {
  if (!name.empty() && name[0] != '.' && !absl::StrContains(name, '/')) return absl::OkStatus();
  return errs::InternalError(kOp, absl::StrCat("\"", name, "\" is not a file's name"));
}

// An error unless only this user can have written the open file `fd`.
absl::Status CheckOwner(int fd, const std::string& path, mode_t type, mode_t forbidden) {
  struct stat info;
  if (fstat(fd, &info) != 0)
    return errs::ErrnoError(kOp, absl::StrCat("cannot stat ", path), errno);
  if ((info.st_mode & S_IFMT) != type) return Distrusted(path, "it has another type");
  if (info.st_uid != geteuid()) return Distrusted(path, "it belongs to another user");
  if ((info.st_mode & forbidden) != 0) {
    return Distrusted(path, "its permissions let other users at it");
  }
  if (type == S_IFREG && info.st_nlink != 1) return Distrusted(path, "it has a second name");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FileDescriptor> PrivateDirectory::Open() const {
  FileDescriptor fd(open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) {
    const int errnum = errno;
    struct stat info;
    if (errnum != ENOENT && lstat(path_.c_str(), &info) == 0 && !S_ISDIR(info.st_mode)) {
      return Distrusted(path_, "it is not a directory");
    }
    return errs::ErrnoError(kOp, absl::StrCat("cannot open ", path_), errnum);
  }
  RETURN_IF_ERROR(CheckOwner(fd.get(), path_, S_IFDIR, S_IWGRP | S_IWOTH));
  return fd;
}

absl::Status PrivateDirectory::Write(std::string_view name, std::string_view data) const {
  RETURN_IF_ERROR(CheckName(name));
  // Other processes may remove the empty directory at any time before the file is in it. Each
  // failed try means that one of them finished its work.
  constexpr int kTries = 100;
  absl::Status written;
  for (int i = 0; i < kTries; ++i) {
    written = WriteOnce(std::string(name), data);
    if (!errs::Is(written, errs::kNotFound)) break;
  }
  return written;
}

absl::Status PrivateDirectory::WriteOnce(const std::string& name, std::string_view data) const {
  RETURN_IF_ERROR(CreateDirectories(path_, kDirectoryMode));
  RETURN_IF_ERROR(Open().status());
  RETURN_IF_ERROR(RemoveStaleFiles(path_, kTemporaryPrefix).status());
  ASSIGN_OR_RETURN(const std::unique_ptr<AtomicFile> file,
                   AtomicFile::Create(path_, std::string(kTemporaryPrefix), kFileMode));
  RETURN_IF_ERROR(file->Write(data));
  RETURN_IF_ERROR(file->Finish());
  return file->Publish(name, AtomicFile::IfExists::kReplace);
}

absl::StatusOr<std::string> PrivateDirectory::Read(std::string_view name, size_t limit) const {
  RETURN_IF_ERROR(CheckName(name));
  ASSIGN_OR_RETURN(const FileDescriptor directory, Open());
  const std::string path = JoinPath(path_, name);
  FileDescriptor fd(openat(directory.get(), std::string(name).c_str(),
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ELOOP) return Distrusted(path, "it is a symbolic link");
    return errs::ErrnoError(kOp, absl::StrCat("cannot open ", path), errno);
  }
  RETURN_IF_ERROR(CheckOwner(fd.get(), path, S_IFREG, S_IRWXG | S_IRWXO));
  FileReader reader(std::move(fd), path);
  return ReadAll(reader, limit);
}

absl::StatusOr<std::vector<std::string>> PrivateDirectory::List() const {
  std::vector<std::string> names;
  absl::StatusOr<FileDescriptor> fd = Open();
  if (errs::Is(fd.status(), errs::kNotFound)) return names;
  RETURN_IF_ERROR(fd.status());
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(fdopendir(fd->get()), closedir);
  if (directory == nullptr) {
    return errs::ErrnoError(kOp, absl::StrCat("cannot list ", path_), errno);
  }
  fd->Release();
  errno = 0;
  while (const dirent* const entry = readdir(directory.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    errno = 0;
  }
  if (errno != 0) return errs::ErrnoError(kOp, absl::StrCat("cannot list ", path_), errno);
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status PrivateDirectory::Remove(std::string_view name) const {
  RETURN_IF_ERROR(CheckName(name));
  const absl::StatusOr<FileDescriptor> directory = Open();
  if (errs::Is(directory.status(), errs::kNotFound)) return absl::OkStatus();
  RETURN_IF_ERROR(directory.status());
  if (unlinkat(directory->get(), std::string(name).c_str(), 0) != 0 && errno != ENOENT) {
    return errs::ErrnoError(kOp, absl::StrCat("cannot remove ", JoinPath(path_, name)), errno);
  }
  rmdir(path_.c_str());  // Fails if it has other files.
  const absl::Status synced = SyncDirectory(path_);
  return errs::Is(synced, errs::kNotFound) ? absl::OkStatus() : synced;
}

}  // namespace siphon::base
