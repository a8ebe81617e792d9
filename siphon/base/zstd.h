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
  // `level` 1 to 19. `workers` threads compress beside the caller's (0: none); together with its
  // share of the buffers each takes some 4 MiB at level 1, 13 MiB at 9, 90 MiB at 19. `next` must
  // outlive the writer.
  static absl::StatusOr<std::unique_ptr<ZstdWriter>> Create(int level, int workers, Writer* next);
  ~ZstdWriter() override;
  absl::Status Write(std::string_view data) override;
  absl::Status Finish() override;

 private:
  struct State;
  explicit ZstdWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Decompresses exactly one frame. A damaged frame, an early end, bytes behind the frame and a
// window of more than 8 MiB are errs::kIntegrity.
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
