// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/part_loader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/workers.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/parts.h"

namespace siphon::driver {
namespace {

using Progress = absl::FunctionRef<void(uint64_t bytes)>;

// A claimed part keeps at most this many entries of the index; the other entries of a longer part
// are read again from the index.
constexpr size_t kKeptEntries = 1024;

// The entries of the frames of a part, or of all frames of an item.
class Entries {
 public:
  // All frames of `item`.
  Entries(const frames::IndexReader* index, const frames::Item* item)
      : index_(index), item_(item), left_(item->frames) {}
  // The frames of a part of `item`, which begin with the entry `first` of the item. `known` are the
  // first of them, or all.
  Entries(const frames::IndexReader* index, const frames::Item* item,
          std::vector<frames::Entry> known, uint64_t first, uint64_t count)
      : index_(index), item_(item), known_(std::move(known)), skip_(first), left_(count) {}

  const frames::Item& item() const { return *item_; }

  absl::StatusOr<std::optional<frames::Entry>> Next(const base::Context& context) {
    if (left_ == 0) return std::nullopt;
    --left_;
    if (next_ < known_.size()) return std::move(known_[next_++]);
    if (!cursor_.has_value()) {
      cursor_.emplace(index_, item_);
      for (skip_ += known_.size(); skip_ > 0; --skip_) {
        RETURN_IF_ERROR(cursor_->Next(context).status());
      }
    }
    ASSIGN_OR_RETURN(std::optional<frames::IndexReader::Cursor::Named> named,
                     cursor_->Next(context));
    if (!named.has_value()) {
      return errs::InternalError("restore", "an item has fewer frames when it is read again");
    }
    return std::move(named->entry);
  }

 private:
  const frames::IndexReader* index_;
  const frames::Item* item_;
  std::vector<frames::Entry> known_;
  size_t next_ = 0;  // In known_.
  uint64_t skip_ = 0;
  uint64_t left_;
  std::optional<frames::IndexReader::Cursor> cursor_;
};

// Reads the bytes of frames, one after another.
class FramesReader : public base::Reader {
 public:
  // `context`, `body`, `reader` and what `progress` refers to must outlive the reader. With a
  // `layout`, the frames are not decompressed and lie between its bytes.
  FramesReader(const base::Context* context, const DumpBody* body, frames::FrameReader* reader,
               Entries entries, Progress progress, const frames::BodyLayout* layout = nullptr)
      : context_(*context),
        body_(*body),
        reader_(*reader),
        entries_(std::move(entries)),
        progress_(progress),
        layout_(layout) {}

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    while (rest_.empty() && !ended_ && failure_.ok()) {
      failure_ = dumps::NameDump(NextFrame(), body_.id());
    }
    RETURN_IF_ERROR(failure_);
    const size_t count = std::min(out.size(), rest_.size());
    if (count > 0) std::memcpy(out.data(), rest_.data(), count);
    rest_.remove_prefix(count);
    return count;
  }

  bool at_end() const { return ended_ && rest_.empty(); }

 private:
  absl::Status NextFrame() {
    RETURN_IF_ERROR(context_.Check());
    ASSIGN_OR_RETURN(const std::optional<frames::Entry> entry, entries_.Next(context_));
    if (!entry.has_value()) {
      ended_ = true;
      return absl::OkStatus();
    }
    if (layout_ == nullptr) {
      ASSIGN_OR_RETURN(rest_, reader_.Read(*entry, entries_.item().name));
    } else {
      ASSIGN_OR_RETURN(const std::string_view packed,
                       reader_.ReadPacked(*entry, entries_.item().name));
      block_ = Surround(packed, entry->frame);
      rest_ = block_;
    }
    progress_(entry->lead + entry->frame.packed);
    return absl::OkStatus();
  }

  // A frame with the bytes of the layout; a stored one has none.
  std::string Surround(std::string_view packed, const frames::Frame& frame) const {
    if (frame.stored) return std::string(packed);
    return absl::StrCat(layout_->Before(frame), layout_->BeginRun(packed.size()), packed,
                        layout_->After(frame));
  }

  const base::Context& context_;
  const DumpBody& body_;
  frames::FrameReader& reader_;
  Entries entries_;
  const Progress progress_;
  const frames::BodyLayout* const layout_;  // May be null.
  std::string block_;
  std::string_view rest_;  // Of the present frame.
  bool ended_ = false;
  absl::Status failure_;
};

constexpr auto kNoProgress = [](uint64_t) {};

// Reads an item for the restoration.
class ItemReader : public base::Reader {
 public:
  ItemReader(const base::Context* context, const DumpBody* body, frames::FrameReader reader,
             Entries entries, const frames::BodyLayout* layout)
      : reader_(std::move(reader)),
        frames_(context, body, &reader_, std::move(entries), kNoProgress, layout) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override { return frames_.Read(out); }

 private:
  frames::FrameReader reader_;
  FramesReader frames_;
};

// The frames of an item in any order, by their entries.
class IndexedFrames : public ItemFrames {
 public:
  // `item` belongs to the directory of the index of `body`.
  IndexedFrames(const DumpBody* body, const frames::Item* item, frames::FrameReader reader)
      : body_(*body), item_(*item), reader_(std::move(reader)) {}

  absl::Status ReadEntries(const base::Context& context) {
    return body_.index().Visit(context, item_, [&](const frames::Entry& entry) {
      begins_.push_back(size_);
      entries_.push_back(entry);
      size_ += entry.frame.raw;
      return absl::OkStatus();
    });
  }

  uint64_t size() const override { return size_; }

  absl::StatusOr<Piece> Find(const base::Context& context, uint64_t offset) override {
    RETURN_IF_ERROR(context.Check());
    if (offset >= size_) return errs::InternalError("restore", "no frame has this offset");
    const auto after = std::upper_bound(begins_.begin(), begins_.end(), offset);
    const size_t number = static_cast<size_t>(after - begins_.begin()) - 1;
    const absl::StatusOr<std::string_view> bytes = reader_.Read(entries_[number], item_.name);
    if (!bytes.ok()) return dumps::NameDump(bytes.status(), body_.id());
    return Piece{begins_[number], *bytes};
  }

 private:
  const DumpBody& body_;
  const frames::Item& item_;
  frames::FrameReader reader_;
  std::vector<frames::Entry> entries_;
  std::vector<uint64_t> begins_;  // In the item, of the frames of entries_.
  uint64_t size_ = 0;
};

// Gives the parts that the restoration loads to workers, in the order of the body.
class PartQueue {
 public:
  PartQueue(const Restoration* restoration, const DumpBody* body)
      : restoration_(*restoration), index_(body->index()), id_(body->id()), cursor_(&index_) {}

  struct Claim {
    StoredPart part;
    Entries entries;
  };
  absl::StatusOr<std::optional<Claim>> Next(const base::Context& context) {
    const absl::MutexLock lock(&mutex_);
    absl::StatusOr<std::optional<Claim>> claim = Take(context);
    if (!claim.ok()) return dumps::NameDump(claim.status(), id_);
    return claim;
  }

 private:
  absl::StatusOr<std::optional<Claim>> Take(const base::Context& context)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    StoredPart taken;
    std::vector<frames::Entry> known;
    uint64_t first = 0, count = 0;
    while (true) {
      ASSIGN_OR_RETURN(std::optional<frames::IndexReader::Cursor::Named> named,
                       cursor_.Next(context));
      if (!named.has_value()) {
        if (count == 0) return std::nullopt;
        return errs::IntegrityError("restore", "the last part of the index does not end");
      }
      if (named->item != item_) {
        item_ = named->item;
        next_ = 0;
        loads_ = restoration_.Loads(*item_);
      }
      const uint64_t number = next_++;
      if (!loads_) continue;
      const frames::Frame& frame = named->entry.frame;
      if (count++ == 0) {
        first = number;
        taken.part = {.item = frame.item,
                      .name = item_->name,
                      .part = frame.part,
                      .content = frame.content,
                      .stored = frame.stored,
                      .range = frame.range};
      }
      taken.rows += frame.rows;
      taken.raw += frame.raw;
      const bool ends = frame.ends_part;
      taken.part.ends_item = frame.ends_item;
      if (known.size() < kKeptEntries) known.push_back(std::move(named->entry));
      if (!ends) continue;
      return Claim{std::move(taken), Entries(&index_, item_, std::move(known), first, count)};
    }
  }

  const Restoration& restoration_;
  const frames::IndexReader& index_;
  const std::string& id_;
  absl::Mutex mutex_;
  frames::IndexReader::Cursor cursor_ ABSL_GUARDED_BY(mutex_);
  const frames::Item* item_ ABSL_GUARDED_BY(mutex_) = nullptr;  // Of the last entry.
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 0;                   // The next entry of the item.
  bool loads_ ABSL_GUARDED_BY(mutex_) = false;
};

// Loads the parts that it gets from the queue until there are none.
absl::Status Work(const base::Context& context, int worker, Restoration& restoration,
                  const DumpBody& body, PartQueue& queue, Progress progress) {
  ASSIGN_OR_RETURN(frames::FrameReader frames, body.NewReader());
  while (true) {
    ASSIGN_OR_RETURN(std::optional<PartQueue::Claim> claim, queue.Next(context));
    if (!claim.has_value()) return absl::OkStatus();
    const frames::Part& part = claim->part.part;
    context.Detail("restore", absl::StrCat("job ", worker + 1, " loads ", part.name,
                                           part.part == 0 ? "" : ", continued"));
    FramesReader bytes(&context, &body, &frames, std::move(claim->entries), progress);
    RETURN_IF_ERROR(restoration.Load(context, worker, claim->part, bytes));
    if (!bytes.at_end()) {
      return errs::InternalError("restore", absl::StrCat("a part of ", claim->part.part.name,
                                                         " was restored, but not read to its end"));
    }
  }
}

absl::Status Run(const base::Context& context, Restoration& restoration, const DumpBody& body,
                 int jobs, Progress progress) {
  RETURN_IF_ERROR(restoration.Define(context));
  PartQueue queue(&restoration, &body);
  RETURN_IF_ERROR(base::RunWorkers(context, jobs, [&](const base::Context& inner, int worker) {
    return Work(inner, worker, restoration, body, queue, progress);
  }));
  RETURN_IF_ERROR(base::RunWorkers(context, jobs, [&](const base::Context& inner, int worker) {
    return restoration.Complete(inner, worker);
  }));
  RETURN_IF_ERROR(context.Check());
  return restoration.Publish(context);
}

}  // namespace

absl::StatusOr<std::unique_ptr<base::Reader>> DumpBody::Open(const base::Context& context,
                                                             const frames::Item& item) const {
  ASSIGN_OR_RETURN(frames::FrameReader reader, NewReader());
  return std::make_unique<ItemReader>(&context, this, std::move(reader), Entries(&index_, &item),
                                      /*layout=*/nullptr);
}

absl::StatusOr<std::unique_ptr<base::Reader>> DumpBody::OpenPacked(
    const base::Context& context, const frames::Item& item,
    const frames::BodyLayout& layout) const {
  ASSIGN_OR_RETURN(frames::FrameReader reader, NewReader());
  return std::make_unique<ItemReader>(&context, this, std::move(reader), Entries(&index_, &item),
                                      &layout);
}

absl::StatusOr<std::unique_ptr<ItemFrames>> DumpBody::OpenFrames(const base::Context& context,
                                                                 const frames::Item& item) const {
  ASSIGN_OR_RETURN(frames::FrameReader reader, NewReader());
  auto found = std::make_unique<IndexedFrames>(this, &item, std::move(reader));
  RETURN_IF_ERROR(dumps::NameDump(found->ReadEntries(context), id_));
  return found;
}

absl::Status LoadParts(const base::Context& context, Restoration& restoration, const DumpBody& body,
                       int jobs, Progress progress) {
  absl::Status status = Run(context, restoration, body, jobs, progress);
  return status.ok() ? status : restoration.Abandon(std::move(status));
}

}  // namespace siphon::driver
