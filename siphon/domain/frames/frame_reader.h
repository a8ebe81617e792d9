// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_FRAME_READER_H_
#define SIPHON_DOMAIN_FRAMES_FRAME_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/index.h"

namespace siphon::frames {

// Decompresses the zstd frame that is all of `packed`. errs::kIntegrity, beginning with `where`, if
// it is not one whole frame that says that it has `raw` bytes, and has them.
class FrameUnpacker {
 public:
  static absl::StatusOr<FrameUnpacker> Create();
  FrameUnpacker(FrameUnpacker&&) noexcept;
  FrameUnpacker& operator=(FrameUnpacker&&) noexcept;
  ~FrameUnpacker();
  // The result is valid until the next call.
  absl::StatusOr<std::string_view> Unpack(std::string_view packed, uint64_t raw,
                                          std::string_view where);

 private:
  struct State;
  explicit FrameUnpacker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Reads frames of a body and checks them. Each thread has its own; it needs memory for one frame,
// compressed and not.
class FrameReader {
 public:
  // `body` must outlive the reader. `archive` is Directory::archive. With a `layout`, which must
  // outlive the reader, the bytes between a chunk header and its frame must be those of the layout.
  static absl::StatusOr<FrameReader> Create(const base::RandomAccess* body, uint64_t archive,
                                            const BodyLayout* layout = nullptr);

  // The frame's bytes in the body. errs::kIntegrity if they do not have its hash, or if the chunk
  // header before them differs from `entry`, or is another item's or archive's. `name` is the
  // item's. One read of the body. The result is valid until the next call.
  absl::StatusOr<std::string_view> ReadPacked(const Entry& entry, std::string_view name);
  // The same, decompressed.
  absl::StatusOr<std::string_view> Read(const Entry& entry, std::string_view name);

 private:
  FrameReader(const base::RandomAccess* body, uint64_t archive, const BodyLayout* layout,
              FrameUnpacker unpacker)
      : body_(body), archive_(archive), layout_(layout), unpacker_(std::move(unpacker)) {}

  const base::RandomAccess* body_;
  uint64_t archive_;
  const BodyLayout* layout_;  // May be null.
  FrameUnpacker unpacker_;
  std::string buffer_;
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_FRAME_READER_H_
