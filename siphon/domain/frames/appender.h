// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_APPENDER_H_
#define SIPHON_DOMAIN_FRAMES_APPENDER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/index_builder.h"

namespace siphon::frames {

// A part of an item, as claimed by a worker.
struct PartName {
  uint32_t item = kHeadItem;
  std::string name;  // The item's.
  uint64_t part = 0;
  friend bool operator==(const PartName&, const PartName&) = default;
};

// Puts the frames of several workers into a body, in body order, and writes the index at its end.
//
// Workers claim parts in body order. The head, the first part that is not complete, is written
// while its worker packs it; the frames of later parts wait in a window. A worker whose frame does
// not fit in the window waits, but never the head's, whose worker waits only until its frame before
// is written. So the work always advances, and the waiting frames have at most the size of the
// window and one frame. A worker may hold one part at a time.
//
// The frames are written by the worker that brings them or that waits for them; there is no thread.
// The first failure (the sink's, or a part that was given up) ends all waits with its status.
class Appender {
 private:
  struct Slot;

 public:
  struct Options {
    size_t window = size_t{16} << 20;  // Bytes of frames that wait.
    uint64_t archive = 0;              // ChunkHeader::archive.
    std::map<std::string, std::string> facts = {};
  };
  // `layout` and `sink` must outlive the appender. The sink gets the body and no Finish(). It is
  // called by one thread at a time.
  Appender(const BodyLayout* layout, base::Writer* sink, Options options);
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  // A claimed part. Its frames are put in order by one thread; the last has ends_part. A worker
  // that fails before that calls Fail() with its error; without it the destructor fails the
  // appender, since the body would lack the rest.
  class Claimed {
   public:
    Claimed(Claimed&& other) noexcept
        : appender_(std::exchange(other.appender_, nullptr)), slot_(std::move(other.slot_)) {}
    Claimed& operator=(Claimed&&) = delete;
    ~Claimed();
    const PartName& name() const;
    // Waits until there is room, or `context` stops. The item and the part of the frame are those
    // of the claim.
    absl::Status Put(const base::Context& context, PackedFrame frame);
    // Ends all waits with `status`, which must not be OK. Returns it.
    absl::Status Fail(absl::Status status);

   private:
    friend class Appender;
    Claimed(Appender* appender, std::shared_ptr<Slot> slot)
        : appender_(appender), slot_(std::move(slot)) {}
    Appender* appender_;
    std::shared_ptr<Slot> slot_;
  };

  // Claims the part that follows those claimed so far. Waits while the window is full, so that the
  // claimed parts stay near the head.
  absl::StatusOr<Claimed> Claim(const base::Context& context, PartName name);

  struct Result {
    Digest root = {};           // The hash of the index.
    uint64_t index_offset = 0;  // Of the directory.
    uint64_t size = 0;          // Of the body.
    Directory directory;
  };
  // Writes pages and directory, after all parts are complete. Call it once.
  absl::StatusOr<Result> Finish(const base::Context& context);

  // The bytes of frames that wait.
  size_t waiting() const;

 private:
  absl::Status Put(const base::Context& context, const std::shared_ptr<Slot>& slot,
                   PackedFrame frame);
  void GiveUp(const std::shared_ptr<Slot>& slot);
  // Waits until `ready` is true; the caller has a stop callback that calls Wake().
  template <typename Ready>
  absl::Status Await(const base::Context& context, const Ready& ready)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wake();
  // Keeps the first failure, and returns `status`.
  absl::Status Fail(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes the head's frames until there are none; releases the lock meanwhile.
  void Drain() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // These are for the thread that has set writing_.
  absl::Status Write(std::string_view bytes);
  absl::Status WriteFrame(const PartName& name, const PackedFrame& frame);
  absl::Status WritePage();

  const BodyLayout* layout_;
  base::Writer* sink_;
  const Options options_;
  IndexBuilder builder_;
  uint64_t position_ = 0;

  mutable absl::Mutex mutex_;
  absl::CondVar changed_;
  std::deque<std::shared_ptr<Slot>> slots_ ABSL_GUARDED_BY(mutex_);  // Claimed; the head first.
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_APPENDER_H_
