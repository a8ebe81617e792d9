// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/frame_check.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/workers.h"
#include "siphon/domain/frames/chunk_header.h"
#include "siphon/domain/frames/frame_reader.h"
#include "siphon/domain/frames/index.h"

namespace siphon::frames {
namespace {

using Named = IndexReader::Cursor::Named;

// Gives the frames of a body to several workers, in the order of the body.
class Queue {
 public:
  Queue(const base::RandomAccess* body, const IndexReader* index, const BodyLayout* layout,
        absl::FunctionRef<void(uint64_t)> progress)
      : body_(body), index_(index), layout_(*layout), progress_(progress), cursor_(index) {}

  absl::StatusOr<std::optional<Named>> Next(const base::Context& context) {
    const absl::MutexLock lock(&mutex_);
    if (ended_) return std::nullopt;
    ASSIGN_OR_RETURN(std::optional<Named> named, cursor_.Next(context));
    const uint64_t next = named.has_value() ? named->entry.begin() : index_->offset();
    RETURN_IF_ERROR(SkipPages(next));
    if (named.has_value()) {
      RETURN_IF_ERROR(Skip(BytesBefore(named->entry), next));
    } else {
      RETURN_IF_ERROR(SkipToDirectory());
      ended_ = true;
    }
    progress_(next);
    if (!named.has_value()) return named;
    const Frame& frame = named->entry.frame;
    last_.reset();
    if (!frame.stored) last_ = frame;
    position_ = named->entry.end();
    ++totals_.frames;
    totals_.rows += frame.rows;
    totals_.raw += frame.raw;
    return named;
  }

  FrameTotals totals() const {
    const absl::MutexLock lock(&mutex_);
    return totals_;
  }

 private:
  // The bytes of the layout between the frame before, with its pages, and a chunk header.
  std::string BytesBefore(const Entry& entry) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const Frame& frame = entry.frame;
    std::string bytes = BytesAfterLast();
    if (frame.stored) return bytes;
    bytes += layout_.Before(frame);
    const size_t header =
        entry.lead - std::min<size_t>(entry.lead, layout_.BeginRun(frame.packed).size());
    return bytes + layout_.BeginRun(header);
  }

  std::string BytesAfterLast() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return last_.has_value() ? layout_.After(*last_) : "";
  }

  absl::Status SkipToDirectory() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const uint64_t end = index_->offset();
    std::string head(kSkippableHead, '\0');
    RETURN_IF_ERROR(body_->ReadAt(end, absl::MakeSpan(head)));
    ASSIGN_OR_RETURN(const uint64_t size, DecodeSkippableHead(head, end));
    const std::string before = BytesAfterLast() + layout_.BeginIndex();
    if (end - position_ < before.size()) return Unnamed(end - position_);
    RETURN_IF_ERROR(Skip(before, position_ + before.size()));
    RETURN_IF_ERROR(SkipPages(end));
    return Skip(layout_.BeginRun(size), end);
  }

  // The bytes from position_ to `end` are these.
  absl::Status Skip(const std::string& expected, uint64_t end)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const uint64_t left = end - position_;
    if (left != expected.size()) return Unnamed(left);
    std::string bytes(expected.size(), '\0');
    RETURN_IF_ERROR(body_->ReadAt(position_, absl::MakeSpan(bytes)));
    if (bytes != expected) return Unnamed(left);
    position_ = end;
    return absl::OkStatus();
  }

  // Goes to the end of the pages of an index that follow, and end before `end`.
  absl::Status SkipPages(uint64_t end) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const size_t before = layout_.BeginRun(0).size();
    while (true) {
      const uint64_t left = end - position_;
      std::string head(before + kSkippableHead + kKindSize, '\0');
      if (left < head.size()) return absl::OkStatus();
      RETURN_IF_ERROR(body_->ReadAt(position_, absl::MakeSpan(head)));
      const std::string_view page = std::string_view(head).substr(before);
      if (page.substr(kSkippableHead) != kPageKind) return absl::OkStatus();
      const absl::StatusOr<uint64_t> size =
          DecodeSkippableHead(page.substr(0, kSkippableHead), position_ + before);
      if (!size.ok() || *size > kPageLimit || *size > left - before ||
          std::string_view(head).substr(0, before) != layout_.BeginRun(*size)) {
        return Unnamed(left);
      }
      position_ += before + *size;
    }
  }

  absl::Status Unnamed(uint64_t size) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return errs::IntegrityError("dumps.frames",
                                absl::StrCat("body at offset ", position_, ": ", size,
                                             " bytes that the index does not name"));
  }

  const base::RandomAccess* body_;
  const IndexReader* index_;
  const BodyLayout& layout_;
  absl::FunctionRef<void(uint64_t)> progress_;
  mutable absl::Mutex mutex_;
  IndexReader::Cursor cursor_ ABSL_GUARDED_BY(mutex_);
  uint64_t position_ ABSL_GUARDED_BY(mutex_) = 0;      // Everything before it is known.
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;         // position_ is that of the directory.
  std::optional<Frame> last_ ABSL_GUARDED_BY(mutex_);  // Before position_; none if it is stored.
  FrameTotals totals_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<FrameTotals> CheckFrames(const base::Context& context,
                                        const base::RandomAccess& body, const IndexReader& index,
                                        const BodyLayout& layout, int workers,
                                        absl::FunctionRef<void(uint64_t)> progress) {
  Queue queue(&body, &index, &layout, progress);
  const auto work = [&](const base::Context& inner, int) -> absl::Status {
    ASSIGN_OR_RETURN(FrameReader reader,
                     FrameReader::Create(&body, index.directory().archive, &layout));
    while (true) {
      RETURN_IF_ERROR(inner.Check());
      ASSIGN_OR_RETURN(const std::optional<Named> named, queue.Next(inner));
      if (!named.has_value()) return absl::OkStatus();
      RETURN_IF_ERROR(reader.Read(named->entry, named->item->name).status());
    }
  };
  RETURN_IF_ERROR(base::RunWorkers(context, workers, work));
  return queue.totals();
}

}  // namespace siphon::frames
