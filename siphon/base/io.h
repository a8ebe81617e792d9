// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_IO_H_
#define SIPHON_BASE_IO_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace siphon::base {

// The part of a local file from `offset` to its end.
struct FileRegion {
  std::string path;
  uint64_t offset = 0;
  friend bool operator==(const FileRegion&, const FileRegion&) = default;
};

// A source of bytes. Stages (hashing, zstd, envelope, pipe) wrap one another.
class Reader {
 public:
  virtual ~Reader() = default;
  // Reads at most out.size() bytes, which must not be 0. Returns their number; 0 only at the end.
  virtual absl::StatusOr<size_t> Read(absl::Span<char> out) = 0;
  // The part of a local file that holds the unread bytes unchanged, for a tool that opens the file
  // itself; nothing for other readers. The caller must still read to the end here, because that
  // verifies the checksum.
  virtual std::optional<FileRegion> region() const { return std::nullopt; }
};

// A sink of bytes.
class Writer {
 public:
  virtual ~Writer() = default;
  // Writes all of `data` or fails. After a failure the writer can only be destroyed.
  virtual absl::Status Write(std::string_view data) = 0;
  // Completes this stage and the stages below it: ends frames, flushes buffers, syncs the file.
  // Call it at most once; no Write() may follow. Without Finish() nothing is published.
  virtual absl::Status Finish() = 0;
};

// The buffer size of copy loops, in bytes.
inline constexpr size_t kCopyBufferSize = size_t{256} * 1024;

// Reads out.size() bytes, or fewer if the end comes first. Returns their number.
absl::StatusOr<size_t> ReadFull(Reader& reader, absl::Span<char> out);

// Reads to the end. More than `limit` bytes: errs::kIo, exit code 1; not an integrity failure.
absl::StatusOr<std::string> ReadAll(Reader& reader, size_t limit);

// Copies to the end, without Finish(). Returns the number of bytes.
absl::StatusOr<uint64_t> Copy(Reader& reader, Writer& writer);

// Reads a string, for tests and small data.
class StringReader : public Reader {
 public:
  // `data` must outlive the reader.
  explicit StringReader(std::string_view data) : rest_(data) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;

 private:
  std::string_view rest_;
};

// Collects the bytes in a string, for tests and small data.
class StringWriter : public Writer {
 public:
  absl::Status Write(std::string_view data) override;
  absl::Status Finish() override;
  const std::string& data() const { return data_; }

 private:
  std::string data_;
};

// Counts the bytes that pass. `next` must outlive the reader.
class CountingReader : public Reader {
 public:
  explicit CountingReader(Reader* next) : next_(next) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;
  uint64_t count() const { return count_; }

 private:
  Reader* next_;
  uint64_t count_ = 0;
};

// Counts the bytes that pass. `next` must outlive the writer.
class CountingWriter : public Writer {
 public:
  explicit CountingWriter(Writer* next) : next_(next) {}
  absl::Status Write(std::string_view data) override;
  absl::Status Finish() override { return next_->Finish(); }
  uint64_t count() const { return count_; }

 private:
  Writer* next_;
  uint64_t count_ = 0;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_IO_H_
