// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(std::string_view what) {
  return absl::InternalError(absl::StrCat("small disk: ", what, ": ", std::strerror(errno)));
}

bool WriteTo(const char* path, const std::string& text) {
  const base::FileDescriptor fd(open(path, O_WRONLY | O_CLOEXEC));
  return fd.valid() &&
         write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Enters a new mount namespace. Root may do this; another user does it in a new user namespace that
// keeps the user's id.
bool LeaveMounts() {
  const std::string uid_map = absl::StrCat(geteuid(), " ", geteuid(), " 1");
  const std::string gid_map = absl::StrCat(getegid(), " ", getegid(), " 1");
  if (unshare(CLONE_NEWNS) != 0) {
    if (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
        !WriteTo("/proc/self/setgroups", "deny") || !WriteTo("/proc/self/uid_map", uid_map) ||
        !WriteTo("/proc/self/gid_map", gid_map)) {
      return false;
    }
  }
  // Later mounts are invisible to other processes.
  return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SmallDisk>> SmallDisk::Make(uint64_t bytes) {
  static const bool alone = LeaveMounts();
  if (!alone) return Failed("the kernel gives this user no mounts of his own (unshare)");
  static int counter = 0;
  const std::string path =
      (fs::absolute(::testing::TempDir()) / absl::StrCat("small-disk-", ++counter))
          .lexically_normal()
          .string();
  std::error_code error;
  fs::create_directories(path, error);
  const std::string options = absl::StrCat("size=", bytes, ",mode=0755");
  if (mount("siphon", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    return Failed(absl::StrCat("no tmpfs at ", path));
  }
  return std::unique_ptr<SmallDisk>(new SmallDisk(path));
}

SmallDisk::~SmallDisk() {
  umount2(path_.c_str(), MNT_DETACH);
  rmdir(path_.c_str());
}

uint64_t SmallDisk::Free() const {
  struct statvfs info {};
  if (statvfs(path_.c_str(), &info) != 0) return 0;
  return uint64_t{info.f_bavail} * info.f_frsize;
}

absl::Status SmallDisk::FillUpTo(uint64_t left) const {
  Empty();
  const base::FileDescriptor fd(
      open((path_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) return Failed("no ballast");
  const std::vector<char> zeros(4096);
  while (Free() > left) {
    if (write(fd.get(), zeros.data(), zeros.size()) <= 0) {
      return errno == ENOSPC ? absl::OkStatus() : Failed("no ballast");
    }
  }
  return absl::OkStatus();
}

void SmallDisk::Empty() const { unlink((path_ + "/ballast").c_str()); }

}  // namespace siphon::testing
