// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/part_writer.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "errs/status_macros.h"

namespace siphon::frames {

PartWriter::PartWriter(FramePacker* packer, Appender::Claimed claimed, Options options)
    : packer_(packer), claimed_(std::move(claimed)), options_(std::move(options)) {
  options_.limit = std::clamp<size_t>(options_.limit, 1, kMaxRaw);
  options_.target = std::clamp<size_t>(options_.target, 1, options_.limit);
}

absl::Status PartWriter::Write(const base::Context& context, std::string_view data) {
  while (!data.empty()) {
    if (buffer_.size() >= options_.target && cut_ > 0) {
      RETURN_IF_ERROR(Emit(context, cut_, false));
    } else if (buffer_.size() >= options_.limit) {
      RETURN_IF_ERROR(Emit(context, buffer_.size(), false));
    }
    const size_t until = buffer_.size() < options_.target ? options_.target : options_.limit;
    const size_t count = std::min(data.size(), until - buffer_.size());
    buffer_ += data.substr(0, count);
    data.remove_prefix(count);
    if (options_.stored) cut_ = buffer_.size();  // Bytes without rows may end anywhere.
  }
  return absl::OkStatus();
}

void PartWriter::Cut(uint64_t rows) {
  cut_ = buffer_.size();
  cut_rows_ += rows;
}

absl::Status PartWriter::End(const base::Context& context) {
  // What follows the last Cut() belongs to the last frame.
  return Emit(context, buffer_.size(), true);
}

absl::Status PartWriter::Emit(const base::Context& context, size_t size, bool ends_part) {
  Frame frame;
  frame.content = options_.content;
  frame.ends_part = ends_part;
  frame.ends_item = ends_part && options_.ends_item;
  frame.splits_row = !ends_part && size > cut_;
  frame.stored = options_.stored;
  frame.item = claimed_.name().item;
  frame.part = claimed_.name().part;
  frame.number = number_++;
  frame.rows = cut_rows_;
  frame.range = options_.range;
  absl::StatusOr<PackedFrame> packed =
      packer_->Pack(std::move(frame), std::string_view(buffer_).substr(0, size));
  if (!packed.ok()) return Fail(packed.status());
  buffer_.erase(0, size);
  cut_ = 0;
  cut_rows_ = 0;
  return claimed_.Put(context, *std::move(packed));
}

}  // namespace siphon::frames
