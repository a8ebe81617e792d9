// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_PART_WRITER_H_
#define SIPHON_DOMAIN_FRAMES_PART_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "siphon/base/context.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/parts.h"

namespace siphon::frames {

// Cuts the bytes of a part into frames, compresses them and puts them into the body. For one
// thread.
class PartWriter : public PartSink {
 public:
  struct Options {
    Content content = Content::kRows;
    bool ends_item = false;           // The part is the last of its item.
    bool stored = false;              // Frame::stored.
    std::string range = {};           // Frame::range.
    size_t target = size_t{1} << 20;  // A frame ends at the first Cut() after so many bytes.
    size_t limit = kMaxRaw;           // Or after these, within a row.
  };
  // `packer` must outlive the writer.
  PartWriter(FramePacker* packer, Appender::Claimed claimed, Options options);

  // Adds bytes of the part.
  absl::Status Write(const base::Context& context, std::string_view data) override;
  // A frame may end here. `rows` rows have ended since the last Cut().
  void Cut(uint64_t rows) override;
  // Completes the part, which may be empty. No other call may follow.
  absl::Status End(const base::Context& context);
  // The part cannot be completed: ends the waits of all workers with `status`, and returns it.
  absl::Status Fail(absl::Status status) { return claimed_.Fail(std::move(status)); }

 private:
  // Packs the first `size` bytes of the buffer.
  absl::Status Emit(const base::Context& context, size_t size, bool ends_part);

  FramePacker* packer_;
  Appender::Claimed claimed_;
  Options options_;
  std::string buffer_;
  size_t cut_ = 0;         // The last place in the buffer where a frame may end.
  uint64_t cut_rows_ = 0;  // Rows that ended before it.
  uint64_t number_ = 0;
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_PART_WRITER_H_
