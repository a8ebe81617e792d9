// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_PARTS_H_
#define SIPHON_DOMAIN_FRAMES_PARTS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "siphon/base/context.h"
#include "siphon/domain/frames/frame.h"

namespace siphon::frames {

// A part of an item of a body: what one worker reads or writes.
struct Part {
  uint32_t item = kHeadItem;
  std::string name;   // The item's.
  uint64_t part = 0;  // In the item, from 0.
  Content content = Content::kRows;
  bool stored = false;     // Frame::stored.
  bool ends_item = false;  // The last of its item.
  std::string range = {};  // Frame::range.
  // For progress: its share of dumps::Contents::estimated_bytes; 0: not known.
  uint64_t estimated_bytes = 0;
  friend bool operator==(const Part&, const Part&) = default;
};

// Takes the bytes of a part. For one thread.
class PartSink {
 public:
  virtual ~PartSink() = default;
  virtual absl::Status Write(const base::Context& context, std::string_view data) = 0;
  // A frame may end here. `rows` rows have ended since the last Cut().
  virtual void Cut(uint64_t rows) = 0;
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_PARTS_H_
