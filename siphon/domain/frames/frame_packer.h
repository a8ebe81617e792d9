// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_FRAME_PACKER_H_
#define SIPHON_DOMAIN_FRAMES_FRAME_PACKER_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/domain/frames/frame.h"

namespace siphon::frames {

// A frame with its bytes.
struct PackedFrame {
  Frame frame;
  std::string bytes;
};

// Compresses frames and hashes them. Each thread has its own; it is used for many frames, because
// its buffers are as large as a frame.
class FramePacker {
 public:
  // `level` is 1 to 19; errs::kInvalidArgument for others.
  static absl::StatusOr<FramePacker> Create(int level);
  FramePacker(FramePacker&&) noexcept;
  FramePacker& operator=(FramePacker&&) noexcept;
  ~FramePacker();

  // Compresses `raw`, at most kMaxRaw bytes, into a zstd frame that has its size and a checksum.
  // Sets raw, packed and sha256 of `frame`; with frame.stored the bytes remain as they are.
  // errs::kInternal if the facts contradict one another.
  absl::StatusOr<PackedFrame> Pack(Frame frame, std::string_view raw);

 private:
  struct State;
  explicit FramePacker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_FRAME_PACKER_H_
