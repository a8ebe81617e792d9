// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/frame_check.h"

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
  Queue(const base::RandomAccess* body, const IndexReader* index,
        absl::FunctionRef<void(uint64_t)> progress)
      : body_(body), index_(index), progress_(progress), cursor_(index) {}

  absl::StatusOr<std::optional<Named>> Next(const base::Context& context) {
    const absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(std::optional<Named> named, cursor_.Next(context));
    const uint64_t next = named.has_value() ? named->entry.begin() : index_->offset();
    RETURN_IF_ERROR(SkipPages(next));
    progress_(next);
    if (!named.has_value()) return named;
    position_ = named->entry.end();
    ++totals_.frames;
    totals_.rows += named->entry.frame.rows;
    totals_.raw += named->entry.frame.raw;
    return named;
  }

  FrameTotals totals() const {
    const absl::MutexLock lock(&mutex_);
    return totals_;
  }

 private:
  // Only pages of an index lie between position_ and `end`.
  absl::Status SkipPages(uint64_t end) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (position_ < end) {
      const uint64_t left = end - position_;
      std::string head(kSkippableHead + kKindSize, '\0');
      if (left < head.size()) return Unnamed(left);
      RETURN_IF_ERROR(body_->ReadAt(position_, absl::MakeSpan(head)));
      const absl::StatusOr<uint64_t> size =
          DecodeSkippableHead(std::string_view(head).substr(0, kSkippableHead), position_);
      const bool page = std::string_view(head).substr(kSkippableHead) == kPageKind;
      if (!size.ok() || !page || *size > kPageLimit || *size > left) return Unnamed(left);
      position_ += *size;
    }
    return absl::OkStatus();
  }

  absl::Status Unnamed(uint64_t size) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return errs::IntegrityError("dumps.frames",
                                absl::StrCat("body at offset ", position_, ": ", size,
                                             " bytes that the index does not name"));
  }

  const base::RandomAccess* body_;
  const IndexReader* index_;
  absl::FunctionRef<void(uint64_t)> progress_;
  mutable absl::Mutex mutex_;
  IndexReader::Cursor cursor_ ABSL_GUARDED_BY(mutex_);
  uint64_t position_ ABSL_GUARDED_BY(mutex_) = 0;  // Everything before it is known.
  FrameTotals totals_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<FrameTotals> CheckFrames(const base::Context& context,
                                        const base::RandomAccess& body, const IndexReader& index,
                                        int workers, absl::FunctionRef<void(uint64_t)> progress) {
  Queue queue(&body, &index, progress);
  const auto work = [&](const base::Context& inner, int) -> absl::Status {
    ASSIGN_OR_RETURN(FrameReader reader, FrameReader::Create(&body, index.directory().archive));
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
