// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_PRIVATE_DIRECTORY_H_
#define SIPHON_BASE_PRIVATE_DIRECTORY_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/file.h"

namespace siphon::base {

// Small files that only the user of this process can have written. The directory and its files are
// trusted only if they belong to the effective user and others cannot write to them. Nothing is
// read through a symbolic link. Names are single path components that do not begin with a dot.
class PrivateDirectory {
 public:
  // The directory need not exist.
  explicit PrivateDirectory(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }

  // Writes a file with mode 0600 and syncs file and directory; replaces an existing file. Creates
  // the directory with mode 0700, and its missing parents.
  absl::Status Write(std::string_view name, std::string_view data) const;
  // errs::kNotFound if the file does not exist; errs::kIo if it is not trusted or has more than
  // `limit` bytes.
  absl::StatusOr<std::string> Read(std::string_view name, size_t limit) const;
  // The names of the files, sorted, without temporary ones. Empty if the directory does not exist.
  absl::StatusOr<std::vector<std::string>> List() const;
  // Removes a file, and the directory if it is empty then, else syncs it. A missing file is no
  // error.
  absl::Status Remove(std::string_view name) const;

 private:
  // Opens the directory; errs::kNotFound if it does not exist, errs::kIo if it is not trusted.
  absl::StatusOr<FileDescriptor> Open() const;
  // Write() without another try; errs::kNotFound if the directory was removed meanwhile.
  absl::Status WriteOnce(const std::string& name, std::string_view data) const;

  std::string path_;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_PRIVATE_DIRECTORY_H_
