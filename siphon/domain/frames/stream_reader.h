// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_STREAM_READER_H_
#define SIPHON_DOMAIN_FRAMES_STREAM_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/chunk_header.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_reader.h"
#include "siphon/domain/frames/index.h"

namespace siphon::frames {

// Reads a stream of frames (BodyLayout) from its beginning to its end, and returns what
// `zstd -d` would. Checks each frame by its chunk header, and that no frame is missing, doubled, in
// another order or another archive's; at the end, that the index names exactly the frames that were
// read. errs::kIntegrity names the offset in the stream. Needs memory for one frame, and for the
// directory.
class StreamReader : public base::Reader {
 public:
  // `next` must outlive the reader.
  static absl::StatusOr<std::unique_ptr<StreamReader>> Create(base::Reader* next);
  // 0 only after the directory and the end of `next`.
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;

 private:
  StreamReader(base::Reader* next, FrameUnpacker unpacker)
      : next_(next), unpacker_(std::move(unpacker)) {}

  // Reads the next skippable frame, and the frame after a chunk header.
  absl::Status Advance();
  absl::Status TakeFrame(std::string_view header_bytes);
  // These get the beginning of a skippable frame of `size` bytes in `buffer_`.
  absl::Status TakePage(size_t size);
  absl::Status TakeDirectory(size_t size);
  absl::Status CompareItems(const Directory& directory) const;
  // Reads `size` bytes to the end of `buffer_`.
  absl::Status Take(size_t size);
  absl::Status Wrong(std::string_view what) const;

  base::Reader* next_;
  FrameUnpacker unpacker_;
  uint64_t offset_ = 0;  // In the stream, of what Take() reads next.
  std::string buffer_;
  std::string_view rest_;  // Of the decompressed frame.
  Sequence sequence_;
  std::optional<uint64_t> archive_;
  uint64_t frames_ = 0;            // That were read.
  std::vector<Item> items_;        // Of these frames; the present item is the last.
  size_t names_ = 0;               // The bytes of their names.
  std::vector<PageRecord> pages_;  // That were read; without their counts.
  bool ended_ = false;
  absl::Status failure_;
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_STREAM_READER_H_
