// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/migration_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/clock.h"
#include "siphon/base/units.h"

namespace siphon::sqlite {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kOp = "sqlite.migrate";
constexpr std::chrono::milliseconds kPause{50};
constexpr size_t kLongestHolder = 256;

// "process 4711 on host since 2026-11-22T03:40:00Z"
std::string Myself() {
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  return absl::StrCat(
      "process ", getpid(), " on ", host, " since ",
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", base::Clock::System().Now(), absl::UTCTimeZone()));
}

}  // namespace

absl::StatusOr<bool> MigrationLock::Try() {
  const base::ActingAs owner(file_.rights);
  const char* const path = file_.opened_as.c_str();
  base::FileDescriptor fd(open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644));
  if (!fd.valid()) return errs::ErrnoError(kOp, file_.path, errno);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK || errno == EINTR) return false;
    return errs::ErrnoError(kOp, file_.path, errno);
  }
  // The holder may have removed the file between open() and flock().
  struct stat mine, there;
  if (fstat(fd.get(), &mine) != 0 || stat(path, &there) != 0 || mine.st_ino != there.st_ino ||
      mine.st_dev != there.st_dev) {
    return false;
  }
  // Another name of the file could be anything.
  if (!S_ISREG(mine.st_mode) || mine.st_nlink > 1) {
    return errs::SystemError(kOp, errs::kIo,
                             absl::StrCat(file_.path, " is not a lock file that siphon has made"),
                             "find out who put it there, and remove it");
  }
  const std::string text = absl::StrCat(Myself(), "\n");
  if (ftruncate(fd.get(), 0) != 0 ||
      pwrite(fd.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return errs::ErrnoError(kOp, file_.path, errno);
  }
  fd_ = std::move(fd);
  return true;
}

absl::Status MigrationLock::Acquire(const base::Context& context,
                                    std::chrono::nanoseconds timeout) {
  const auto until = SteadyClock::now() + timeout;
  while (true) {
    ASSIGN_OR_RETURN(const bool taken, Try());
    if (taken) return absl::OkStatus();
    const auto left = until - SteadyClock::now();
    if (left <= std::chrono::nanoseconds(0)) break;
    RETURN_IF_ERROR(context.Sleep(std::min<std::chrono::nanoseconds>(left, kPause)));
  }
  const absl::StatusOr<std::string> holder = base::ReadFile(file_.opened_as, kLongestHolder);
  return errs::SystemError(
      kOp, errs::kLocked,
      absl::StrCat("within ", base::FormatDuration(absl::FromChrono(timeout)), ": ",
                   holder.ok() && !holder->empty()
                       ? std::string(absl::StripAsciiWhitespace(*holder))
                       : std::string("another process"),
                   " holds it"),
      "wait until it is done, or give more time with --lock-timeout");
}

void MigrationLock::Release() {
  if (!fd_.valid()) return;
  // Removed while the lock is held, so that it is not the file of another process.
  const base::ActingAs owner(file_.rights);
  unlink(file_.opened_as.c_str());
  fd_.Reset();
}

}  // namespace siphon::sqlite
