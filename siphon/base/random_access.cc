// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/random_access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::base {
namespace {

constexpr std::string_view kOp = "file.read";

}  // namespace

absl::Status RandomAccess::ReadAt(uint64_t offset, absl::Span<char> out) const {
  const uint64_t all = size();
  if (offset > all || out.size() > all - offset) {
    return errs::IntegrityError(kOp, absl::StrCat(out.size(), " bytes at offset ", offset,
                                                  " do not lie within the size of ", all));
  }
  while (!out.empty()) {
    ASSIGN_OR_RETURN(const size_t count, ReadSome(offset, out));
    if (count == 0) {
      return errs::IntegrityError(
          kOp, absl::StrCat("the end comes at offset ", offset, " instead of ", all));
    }
    offset += count;
    out.remove_prefix(count);
  }
  return absl::OkStatus();
}

absl::StatusOr<RandomAccessFile> RandomAccessFile::Open(const std::string& path) {
  int fd = -1;
  do {
    fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return errs::ErrnoError("file.open", absl::StrCat("cannot open ", path), errno);
  return Take(FileDescriptor(fd), path);
}

absl::StatusOr<RandomAccessFile> RandomAccessFile::Take(FileDescriptor fd, std::string name) {
  struct stat info;
  if (fstat(fd.get(), &info) != 0) {
    return errs::ErrnoError("file.stat", absl::StrCat("cannot stat ", name), errno);
  }
  if (!S_ISREG(info.st_mode)) {
    return errs::UserError("file.open", errs::kInvalidArgument,
                           absl::StrCat(name, " is not a regular file"),
                           "name a file that can be read at any place");
  }
  return RandomAccessFile(std::move(fd), std::move(name), static_cast<uint64_t>(info.st_size));
}

absl::StatusOr<size_t> RandomAccessFile::ReadSome(uint64_t offset, absl::Span<char> out) const {
  while (true) {
    const ssize_t count = pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) return errs::ErrnoError(kOp, absl::StrCat("cannot read ", name_), errno);
  }
}

absl::StatusOr<size_t> RandomAccessString::ReadSome(uint64_t offset, absl::Span<char> out) const {
  std::copy_n(data_.data() + offset, out.size(), out.data());
  return out.size();
}

RandomAccessTail::RandomAccessTail(const RandomAccess* whole, uint64_t begin)
    : whole_(whole), begin_(std::min(begin, whole->size())) {}

absl::StatusOr<size_t> RandomAccessTail::ReadSome(uint64_t offset, absl::Span<char> out) const {
  if (absl::Status status = whole_->ReadAt(begin_ + offset, out); !status.ok()) return status;
  return out.size();
}

}  // namespace siphon::base
