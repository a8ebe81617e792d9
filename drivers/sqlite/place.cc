// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/place.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

// Opens a folder. Its path had no symbolic links when they were resolved; whoever controls a folder
// above it may have exchanged it for one since.
base::FileDescriptor OpenFolder(const std::string& path) {
  open_how how = {};
  how.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  const long fd = syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof(how));
  // Kernels before 5.6 do not have it, and some containers forbid it.
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
    return base::FileDescriptor(open(path.c_str(), static_cast<int>(how.flags)));
  }
  return base::FileDescriptor(static_cast<int>(fd));
}

// Who controls a file or folder that others may change.
std::string ControllerOf(const struct stat& info) {
  if (!base::IsTrustedUser(info.st_uid)) return base::DescribeUser(info.st_uid);
  if ((info.st_mode & S_IWOTH) != 0) return "everybody";
  return absl::StrCat("group ", info.st_gid);
}

// Finds the first of folder, file and files next to it that others may change. Those next to it
// must not be links: SQLite would not see some of them, and remove them.
absl::Status FindController(std::string_view op, const struct stat& folder, const struct stat* file,
                            Place& place) {
  const auto add = [&place](const struct stat& info) {
    if (!place.shared) place.controller = ControllerOf(info);
    place.shared = true;
  };
  if (file != nullptr && base::OthersMayWrite(*file)) add(*file);
  // In a sticky folder such as /tmp, others cannot replace what is not theirs.
  const bool sticky = (folder.st_mode & S_ISVTX) != 0 && base::IsTrustedUser(folder.st_uid);
  if (base::OthersMayWrite(folder) && !sticky) add(folder);
  for (const char* const suffix : {"-journal", "-wal", "-shm"}) {
    struct stat info;
    const std::string path = absl::StrCat(place.path, suffix);
    if (lstat(path.c_str(), &info) != 0) continue;
    if (S_ISLNK(info.st_mode)) {
      return errs::SystemError(op, errs::kConnectionFailed,
                               absl::StrCat(path, " is a symbolic link"),
                               "find out who put it there, and remove it");
    }
    if (!base::IsTrustedUser(info.st_uid)) add(info);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Place> LookAt(std::string_view op, const std::string& path) {
  Place place;
  place.path = place.opened_as = path;
  const auto [directory, name] = base::SplitPath(path);
  base::FileDescriptor fd = OpenFolder(directory);
  struct stat folder, file;
  if (!fd.valid() || fstat(fd.get(), &folder) != 0) {
    return errs::ErrnoError(op, directory, errno);
  }
  place.exists = fstatat(fd.get(), name.c_str(), &file, AT_SYMLINK_NOFOLLOW) == 0;
  if (!place.exists && errno != ENOENT) return errs::ErrnoError(op, path, errno);
  RETURN_IF_ERROR(FindController(op, folder, place.exists ? &file : nullptr, place));
  if (!base::OthersMayWrite(folder)) return place;
  const struct stat& owner = place.exists ? file : folder;
  if (base::IsTrustedUser(owner.st_uid)) {
    place.trusted_files = place.exists;
    return place;
  }
  if (geteuid() != 0) return place;
  place.rights = {.user = owner.st_uid, .group = owner.st_gid};
  const std::string through = absl::StrCat("/proc/self/fd/", fd.get());
  const base::ActingAs acting(place.rights);
  struct stat info;
  // Without /proc, the path itself must be open to the owner.
  if (stat(absl::StrCat(through, "/.").c_str(), &info) == 0) {
    place.opened_as = absl::StrCat(through, "/", name);
    place.folder = std::make_shared<const base::FileDescriptor>(std::move(fd));
  }
  return place;
}

}  // namespace siphon::sqlite
