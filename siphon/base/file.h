// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_FILE_H_
#define SIPHON_BASE_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/io.h"

namespace siphon::base {

// Owns a file descriptor; -1 means none.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset();

 private:
  int fd_ = -1;
};

class FileReader : public Reader {
 public:
  static absl::StatusOr<FileReader> Open(const std::string& path);
  // `name` is the path of the file.
  explicit FileReader(FileDescriptor fd, std::string name = "")
      : fd_(std::move(fd)), name_(std::move(name)) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;
  std::optional<FileRegion> region() const override;
  absl::StatusOr<uint64_t> Size() const;

 private:
  FileDescriptor fd_;
  std::string name_;
};

// Writes a file that gets its final name only when it is complete. Until then it is called
// "<directory>/<prefix><random>", and the writer holds flock(LOCK_EX) on it, so that
// RemoveStaleFiles() can recognize the files of writers that have died. The destructor removes the
// temporary file unless Publish() has succeeded.
class AtomicFile : public Writer {
 public:
  // `mode` is the permission of the file, such as 0600; the umask does not apply.
  static absl::StatusOr<std::unique_ptr<AtomicFile>> Create(const std::string& directory,
                                                            const std::string& prefix, mode_t mode);
  ~AtomicFile() override;
  absl::Status Write(std::string_view data) override;
  // Syncs the content. The file keeps its temporary name.
  absl::Status Finish() override;

  enum class IfExists { kReplace, kFail };
  // Renames the file to `directory`/`name` and syncs the directory. Finish() must have succeeded.
  // With kFail, an existing file is kept and the result is errs::kAlreadyExists.
  absl::Status Publish(const std::string& name, IfExists if_exists);

  const std::string& temporary_path() const { return path_; }
  int fd() const { return fd_.get(); }

 private:
  AtomicFile(FileDescriptor fd, std::string directory, std::string path);
  FileDescriptor fd_;
  std::string directory_;
  std::string path_;
  bool finished_ = false;
  bool published_ = false;
};

// Returns whether the stale file `name` may be removed. It is called while RemoveStaleFiles() holds
// the lock of the file.
using StaleFileFilter = std::function<absl::StatusOr<bool>(const std::string& name)>;

// Removes the files in `directory` whose names begin with `prefix` and whose writers have died
// (nobody holds a flock), if `filter` is null or returns true. Returns the removed names. A missing
// directory is not an error. Stops at the first error of `filter`.
absl::StatusOr<std::vector<std::string>> RemoveStaleFiles(const std::string& directory,
                                                          std::string_view prefix,
                                                          const StaleFileFilter& filter = nullptr);

// Writes `data` to a temporary file, syncs it, renames it to `path` and syncs the directory.
absl::Status WriteFileAtomically(const std::string& path, std::string_view data, mode_t mode);

// Returns the content of a file. errs::kNotFound if it does not exist; errs::kIo with exit code 1
// if it has more than `limit` bytes.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit);

absl::Status SyncDirectory(const std::string& directory);

// Creates `directory` and its missing parents with `mode`.
absl::Status CreateDirectories(const std::string& directory, mode_t mode);

// "dir" and "name" of "dir/name"; "." for a bare name.
std::pair<std::string, std::string> SplitPath(std::string_view path);
std::string JoinPath(std::string_view directory, std::string_view name);

}  // namespace siphon::base

#endif  // SIPHON_BASE_FILE_H_
