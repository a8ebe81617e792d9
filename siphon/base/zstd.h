// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_ZSTD_H_
#define SIPHON_BASE_ZSTD_H_

#include <memory>

#include "absl/status/statusor.h"
#include "siphon/base/io.h"

namespace siphon::base {

// Compresses into one zstd frame (RFC 8878) with a content checksum.
class ZstdWriter : public Writer {
 public:
  // `level` is 1 to 19. `workers` is the number of threads that compress in addition to the
  // caller's; 0: none. Each needs about 4 MiB of memory at level 1, 13 MiB at 9, 90 MiB at 19,
  // buffers included. `next` must outlive the writer.
  static absl::StatusOr<std::unique_ptr<ZstdWriter>> Create(int level, int workers, Writer* next);
  ~ZstdWriter() override;
  absl::Status Write(std::string_view data) override;
  absl::Status Finish() override;

 private:
  struct State;
  explicit ZstdWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Decompresses exactly one frame. errs::kIntegrity for a damaged or incomplete frame, bytes after
// the frame, and a window of more than 8 MiB.
class ZstdReader : public Reader {
 public:
  // `next` must outlive the reader.
  static absl::StatusOr<std::unique_ptr<ZstdReader>> Create(Reader* next);
  ~ZstdReader() override;
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;

 private:
  struct State;
  explicit ZstdReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_ZSTD_H_
