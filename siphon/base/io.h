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

// Bytes in. Stages (hashing, zstd, envelope, pipe) wrap one another.
class Reader {
 public:
  virtual ~Reader() = default;
  // Fills at most out.size() bytes (which must not be 0) and returns how many; 0 only at the end.
  virtual absl::StatusOr<size_t> Read(absl::Span<char> out) = 0;
  // Where what is yet to be read stands as it is, for a tool that opens the file itself; nothing
  // for a reader that is no local file. Whoever uses it still reads to the end here, because that
  // is where checksums are held against what was recorded.
  virtual std::optional<FileRegion> region() const { return std::nullopt; }
};

// Bytes out.
class Writer {
 public:
  virtual ~Writer() = default;
  // Takes all of `data` or fails; after a failure the writer is only good for destruction.
  virtual absl::Status Write(std::string_view data) = 0;
  // Completes this stage and the ones below it (frames ended, buffers flushed, file synced).
  // At most once, and no Write() after it. A writer that is destroyed without Finish() publishes
  // nothing.
  virtual absl::Status Finish() = 0;
};

// The size of the buffer that copy loops use, in bytes.
inline constexpr size_t kCopyBufferSize = size_t{256} * 1024;

// Reads exactly out.size() bytes unless the end comes first; returns how many.
absl::StatusOr<size_t> ReadFull(Reader& reader, absl::Span<char> out);

// Reads to the end; an integrity-neutral kIo user error when there are more than `limit` bytes.
absl::StatusOr<std::string> ReadAll(Reader& reader, size_t limit);

// Copies to the end without Finish(); returns the bytes copied.
absl::StatusOr<uint64_t> Copy(Reader& reader, Writer& writer);

// In-memory ends, for tests and small data.
class StringReader : public Reader {
 public:
  // `data` must outlive the reader.
  explicit StringReader(std::string_view data) : rest_(data) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;

 private:
  std::string_view rest_;
};

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
