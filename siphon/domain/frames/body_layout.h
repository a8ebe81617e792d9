// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_BODY_LAYOUT_H_
#define SIPHON_DOMAIN_FRAMES_BODY_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace siphon::frames {

// The bytes that a format puts between frames, so that the engine's own tools read the body. This
// class is a plain stream, which has none: `zstd -d` decompresses it. All functions are const and
// may be called from any thread.
class BodyLayout {
 public:
  virtual ~BodyLayout() = default;
  // Before the first chunk header and after the last frame of an item.
  virtual std::string BeginItem(uint32_t /*item*/) const { return ""; }
  virtual std::string EndItem(uint32_t /*item*/) const { return ""; }
  // Before a chunk header, a frame, a page or the directory, of `size` bytes. At most 16 bytes.
  virtual std::string BeginRun(size_t /*size*/) const { return ""; }
  // Before the first page at the end of the body, and after the directory.
  virtual std::string BeginIndex() const { return ""; }
  virtual std::string EndIndex() const { return ""; }
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_BODY_LAYOUT_H_
