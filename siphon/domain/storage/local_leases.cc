// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/storage/local_leases.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"
#include "siphon/base/sha256.h"

namespace siphon::storage {
namespace {

constexpr std::string_view kOp = "storage.lease";
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr size_t kMaxName = 64;
constexpr size_t kMaxHolder = 512;
// RemoveStaleFiles() of another process holds a file for a moment, which is not a lease.
constexpr int kAttempts = 5;
constexpr std::chrono::milliseconds kPause{20};

bool IsPlain(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' ||
                  c == '-';
         });
}

class FileLease : public Lease {
 public:
  FileLease(base::FileDescriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  // Removes the file while it is locked, so that another cannot have taken it.
  ~FileLease() override { unlink(path_.c_str()); }

 private:
  base::FileDescriptor file_;
  std::string path_;
};

// True if `path` still names the open file.
bool IsInPlace(int fd, const std::string& path) {
  struct stat open_file, file;
  return fstat(fd, &open_file) == 0 && lstat(path.c_str(), &file) == 0 &&
         open_file.st_dev == file.st_dev && open_file.st_ino == file.st_ino;
}

std::string ReadHolder(int fd) {
  std::array<char, kMaxHolder> text;
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  return size > 0 ? std::string(text.data(), static_cast<size_t>(size)) : "another process";
}

void WriteHolder(int fd, std::string_view holder) {
  // Only for the messages of others: a full disk must not prevent the lease.
  if (ftruncate(fd, 0) != 0) return;
  holder = holder.substr(0, kMaxHolder);
  [[maybe_unused]] const ssize_t written = pwrite(fd, holder.data(), holder.size(), 0);
}

class LocalLeases : public Leases {
 public:
  explicit LocalLeases(std::string directory) : directory_(std::move(directory)) {}

  absl::StatusOr<std::unique_ptr<Lease>> Acquire(const base::Context& context,
                                                 std::string_view name,
                                                 std::string_view holder) override {
    const absl::Status links = base::ResolveLinks(kOp, directory_).status();
    if (errs::Is(links, errs::kIo)) return links;
    RETURN_IF_ERROR(base::CreateDirectories(directory_, kDirectoryMode));
    const std::string path = base::JoinPath(directory_, LeaseFile(name));
    std::string other;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      if (attempt > 0) RETURN_IF_ERROR(context.Sleep(kPause));
      RETURN_IF_ERROR(context.Check());
      base::FileDescriptor file(
          open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
      if (!file.valid()) return errs::ErrnoError(kOp, absl::StrCat("open ", path), errno);
      if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
          return errs::ErrnoError(kOp, absl::StrCat("lock ", path), errno);
        }
        other = ReadHolder(file.get());
        continue;
      }
      // Its last holder may have removed it before it was locked.
      if (!IsInPlace(file.get(), path)) continue;
      WriteHolder(file.get(), holder);
      return std::make_unique<FileLease>(std::move(file), path);
    }
    return errs::SystemError(kOp, errs::kBusy, other.empty() ? "another process" : other);
  }

 private:
  std::string directory_;
};

}  // namespace

std::string LeaseFile(std::string_view name) {
  if (IsPlain(name)) return absl::StrCat(kLeasePrefix, name);
  base::Sha256 digest;
  digest.Update(name);
  std::string text = digest.Digest();  // "sha256:" and 64 digits
  return absl::StrCat(kLeasePrefix, "=", absl::StripPrefix(text, "sha256:").substr(0, 32));
}

std::unique_ptr<Leases> MakeLocalLeases(std::string directory) {
  return std::make_unique<LocalLeases>(std::move(directory));
}

}  // namespace siphon::storage
