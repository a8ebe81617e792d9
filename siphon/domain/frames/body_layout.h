// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_BODY_LAYOUT_H_
#define SIPHON_DOMAIN_FRAMES_BODY_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "siphon/domain/frames/frame.h"

namespace siphon::frames {

// The bytes that a format puts between frames, so that the engine's own tools read the body. This
// class is a plain stream, which has none: `zstd -d` decompresses it. All functions are const and
// may be called from any thread.
class BodyLayout {
 public:
  virtual ~BodyLayout() = default;
  // Before the chunk header of the first frame of an item, and after its last frame.
  virtual std::string BeginItem(const Frame& /*first*/) const { return ""; }
  virtual std::string EndItem(const Frame& /*last*/) const { return ""; }
  // The same for a part, between the bytes of its item. All these together have at most 48 bytes
  // between two frames.
  virtual std::string BeginPart(const Frame& /*first*/) const { return ""; }
  virtual std::string EndPart(const Frame& /*last*/) const { return ""; }
  // Before a chunk header, a frame, a page or the directory, of `size` bytes. At most 16 bytes;
  // their number does not depend on `size`.
  virtual std::string BeginRun(size_t /*size*/) const { return ""; }
  // Before the first page at the end of the body, and after the directory.
  virtual std::string BeginIndex() const { return ""; }
  virtual std::string EndIndex() const { return ""; }

  // All bytes before the run of a chunk header, and after a frame.
  std::string Before(const Frame& frame) const {
    if (frame.number > 0) return "";
    return (frame.part == 0 ? BeginItem(frame) : "") + BeginPart(frame);
  }
  std::string After(const Frame& frame) const {
    if (!frame.ends_part) return "";
    return EndPart(frame) + (frame.ends_item ? EndItem(frame) : "");
  }
};

// How frames lie in a body.
struct BodyFormat {
  std::shared_ptr<const BodyLayout> layout;  // Null: not known.
  uint64_t head = 0;  // The bytes before the first frame and what the layout puts before it.
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_BODY_LAYOUT_H_
