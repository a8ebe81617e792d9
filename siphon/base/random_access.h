// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_RANDOM_ACCESS_H_
#define SIPHON_BASE_RANDOM_ACCESS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "siphon/base/file.h"

namespace siphon::base {

// Bytes that can be read at any place, by several threads at once.
class RandomAccess {
 public:
  virtual ~RandomAccess() = default;
  // The number of bytes; it does not change.
  virtual uint64_t size() const = 0;
  // Fills `out` with the bytes from `offset` on. A range that does not lie within the size is
  // errs::kIntegrity, because callers take ranges from the records of a file.
  absl::Status ReadAt(uint64_t offset, absl::Span<char> out) const;

 protected:
  // Reads at most out.size() bytes, which lie within the size; returns their number. 0 is an error
  // of the caller's: the bytes have gone since size() was known.
  virtual absl::StatusOr<size_t> ReadSome(uint64_t offset, absl::Span<char> out) const = 0;
};

// A file, read with pread().
class RandomAccessFile : public RandomAccess {
 public:
  static absl::StatusOr<RandomAccessFile> Open(const std::string& path);
  // An open file; `name` is for messages.
  static absl::StatusOr<RandomAccessFile> Take(FileDescriptor fd, std::string name);
  uint64_t size() const override { return size_; }

 protected:
  absl::StatusOr<size_t> ReadSome(uint64_t offset, absl::Span<char> out) const override;

 private:
  RandomAccessFile(FileDescriptor fd, std::string name, uint64_t size)
      : fd_(std::move(fd)), name_(std::move(name)), size_(size) {}

  FileDescriptor fd_;
  std::string name_;
  uint64_t size_;
};

// A string, for tests and small data.
class RandomAccessString : public RandomAccess {
 public:
  // `data` must outlive the object.
  explicit RandomAccessString(std::string_view data) : data_(data) {}
  uint64_t size() const override { return data_.size(); }

 protected:
  absl::StatusOr<size_t> ReadSome(uint64_t offset, absl::Span<char> out) const override;

 private:
  std::string_view data_;
};

// The bytes of another object from `begin` on, as the body of a dump is the bytes after its
// envelope.
class RandomAccessTail : public RandomAccess {
 public:
  // `whole` must outlive the object. A `begin` beyond its end gives an empty object.
  RandomAccessTail(const RandomAccess* whole, uint64_t begin);
  uint64_t size() const override { return whole_->size() - begin_; }

 protected:
  absl::StatusOr<size_t> ReadSome(uint64_t offset, absl::Span<char> out) const override;

 private:
  const RandomAccess* whole_;
  uint64_t begin_;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_RANDOM_ACCESS_H_
