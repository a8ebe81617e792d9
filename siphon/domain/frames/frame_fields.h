// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_FRAME_FIELDS_H_
#define SIPHON_DOMAIN_FRAMES_FRAME_FIELDS_H_

#include <algorithm>
#include <cstdint>
#include <string>

#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/little_endian.h"

// The encoding of a frame's facts, which chunk headers and index pages share
// (docs/dumps.md#frames).
namespace siphon::frames {

inline constexpr uint8_t kEndsPart = 1;
inline constexpr uint8_t kEndsItem = 2;
inline constexpr uint8_t kSplitsRow = 4;
inline constexpr uint8_t kStored = 8;

// Content and flags.
inline void AppendKind(const Frame& frame, std::string& out) {
  AppendNumber(static_cast<uint8_t>(frame.content), out);
  AppendNumber(
      static_cast<uint8_t>((frame.ends_part ? kEndsPart : 0) | (frame.ends_item ? kEndsItem : 0) |
                           (frame.splits_row ? kSplitsRow : 0) | (frame.stored ? kStored : 0)),
      out);
}

// Returns the flags that are not known.
inline uint8_t TakeKind(Taker& from, Frame& frame) {
  frame.content = static_cast<Content>(from.Number<uint8_t>());
  const uint8_t flags = from.Number<uint8_t>();
  frame.ends_part = (flags & kEndsPart) != 0;
  frame.ends_item = (flags & kEndsItem) != 0;
  frame.splits_row = (flags & kSplitsRow) != 0;
  frame.stored = (flags & kStored) != 0;
  return flags & static_cast<uint8_t>(~(kEndsPart | kEndsItem | kSplitsRow | kStored));
}

// Numbers and digest.
inline void AppendNumbers(const Frame& frame, std::string& out) {
  AppendNumber(frame.item, out);
  for (const uint64_t number : {frame.part, frame.number, frame.rows, frame.raw, frame.packed}) {
    AppendNumber(number, out);
  }
  out.append(frame.sha256.data(), frame.sha256.size());
}

inline void TakeNumbers(Taker& from, Frame& frame) {
  frame.item = from.Number<uint32_t>();
  for (uint64_t* number : {&frame.part, &frame.number, &frame.rows, &frame.raw, &frame.packed}) {
    *number = from.Number<uint64_t>();
  }
  const std::string_view digest = from.Bytes(frame.sha256.size());
  std::copy(digest.begin(), digest.end(), frame.sha256.begin());
}

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_FRAME_FIELDS_H_
