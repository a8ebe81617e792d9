// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_SMALL_DISK_H_
#define TESTING_SERVERS_SMALL_DISK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace siphon::testing {

// A file system of its own that is soon full: a tmpfs that only this process and its children see.
// Where the kernel allows none, Make() is an error, so that a test that asks for its success fails
// and says why; ProcessOptions::file_limit is then the fault that can be had.
//
// To be made by the thread that starts the test's programs. A test that does not run as root makes
// it before it starts any other thread.
class SmallDisk {
 public:
  // A file system of this size in bytes, rounded up to pages.
  static absl::StatusOr<std::unique_ptr<SmallDisk>> Make(uint64_t bytes);
  // Removes the file system with its content, as soon as no process has it open.
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::string& path() const { return path_; }
  // The number of free bytes.
  uint64_t Free() const;
  // Writes a file ("ballast") that leaves at most `left` bytes free; replaces the file of an
  // earlier call.
  absl::Status FillUpTo(uint64_t left) const;
  // Removes the file of FillUpTo().
  void Empty() const;

 private:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_SMALL_DISK_H_
