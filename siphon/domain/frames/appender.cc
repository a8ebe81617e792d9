// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/appender.h"

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/chunk_header.h"

namespace siphon::frames {
namespace {

constexpr std::string_view kOp = "dumps.append";
// What a waiting frame needs besides its bytes.
constexpr size_t kFrameCost = 256;

size_t CostOf(const PackedFrame& frame) { return frame.bytes.size() + kFrameCost; }

std::string Describe(const PartName& name) {
  return absl::StrCat("part ", name.part, " of item ", name.item, " (", name.name, ")");
}

}  // namespace

struct Appender::Slot {
  explicit Slot(PartName part_name) : name(std::move(part_name)) {}
  const PartName name;
  // Guarded by the appender's mutex.
  std::deque<PackedFrame> frames;
  bool complete = false;
};

Appender::Appender(const BodyLayout* layout, base::Writer* sink, Options options)
    : layout_(layout), sink_(sink), options_(std::move(options)), builder_(options_.archive) {
  for (const auto& [name, value] : options_.facts) builder_.SetFact(name, value);
}

Appender::~Appender() = default;

Appender::Claimed::~Claimed() {
  if (appender_ != nullptr) appender_->GiveUp(slot_);
}

const PartName& Appender::Claimed::name() const { return slot_->name; }

absl::Status Appender::Claimed::Put(const base::Context& context, PackedFrame frame) {
  return appender_->Put(context, slot_, std::move(frame));
}

absl::Status Appender::Claimed::Fail(absl::Status status) {
  const absl::MutexLock lock(&appender_->mutex_);
  return appender_->Fail(std::move(status));
}

void Appender::Wake() {
  const absl::MutexLock lock(&mutex_);
  changed_.SignalAll();
}

absl::Status Appender::Fail(absl::Status status) {
  if (failure_.ok()) failure_ = status;
  changed_.SignalAll();
  return status;
}

template <typename Ready>
absl::Status Appender::Await(const base::Context& context, const Ready& ready) {
  while (true) {
    if (!failure_.ok()) return failure_;
    RETURN_IF_ERROR(context.Check());
    if (ready()) return absl::OkStatus();
    if (context.deadline().has_value()) {
      const auto left = *context.deadline() - std::chrono::steady_clock::now();
      changed_.WaitWithTimeout(&mutex_, std::max(absl::FromChrono(left), absl::ZeroDuration()));
    } else {
      changed_.Wait(&mutex_);
    }
  }
}

absl::StatusOr<Appender::Claimed> Appender::Claim(const base::Context& context, PartName name) {
  // Before the lock, and so destroyed after it: the callback takes the lock.
  const std::stop_callback wake(context.stop_token(), [this] { Wake(); });
  auto slot = std::make_shared<Slot>(std::move(name));
  const absl::MutexLock lock(&mutex_);
  absl::Status status = Await(context, [this] {
    mutex_.AssertHeld();
    return slots_.empty() || waiting_ <= options_.window;
  });
  if (!status.ok()) return Fail(std::move(status));
  slots_.push_back(slot);
  return Claimed(this, std::move(slot));
}

absl::Status Appender::Put(const base::Context& context, const std::shared_ptr<Slot>& slot,
                           PackedFrame frame) {
  const size_t cost = CostOf(frame);
  const std::stop_callback wake(context.stop_token(), [this] { Wake(); });
  const absl::MutexLock lock(&mutex_);
  if (slot->complete || frame.frame.item != slot->name.item ||
      frame.frame.part != slot->name.part) {
    return Fail(errs::InternalError(
        kOp, absl::StrCat(frames::Describe(frame.frame), " was put into ", Describe(slot->name),
                          slot->complete ? ", which has ended" : "")));
  }
  absl::Status status = Await(context, [&] {
    mutex_.AssertHeld();
    return waiting_ + cost <= options_.window || (slot == slots_.front() && slot->frames.empty());
  });
  if (!status.ok()) return Fail(std::move(status));
  slot->complete = frame.frame.ends_part;
  slot->frames.push_back(std::move(frame));
  waiting_ += cost;
  if (!writing_) Drain();
  return failure_;
}

void Appender::GiveUp(const std::shared_ptr<Slot>& slot) {
  const absl::MutexLock lock(&mutex_);
  if (slot->complete || !failure_.ok()) return;
  failure_ = errs::InternalError(kOp, absl::StrCat(Describe(slot->name), " was given up"));
  changed_.SignalAll();
}

void Appender::Drain() {
  writing_ = true;
  while (failure_.ok() && !slots_.empty()) {
    Slot& head = *slots_.front();
    if (head.frames.empty()) {
      if (!head.complete) break;
      slots_.pop_front();
      changed_.SignalAll();  // The next part is the head now.
      continue;
    }
    const PackedFrame frame = std::move(head.frames.front());
    head.frames.pop_front();
    mutex_.Unlock();
    absl::Status status = WriteFrame(head.name, frame);
    mutex_.Lock();
    waiting_ -= CostOf(frame);
    changed_.SignalAll();
    if (!status.ok()) Fail(std::move(status)).IgnoreError();
  }
  writing_ = false;
  changed_.SignalAll();
}

absl::Status Appender::Write(std::string_view bytes) {
  if (bytes.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(sink_->Write(bytes));
  position_ += bytes.size();
  return absl::OkStatus();
}

absl::Status Appender::WriteFrame(const PartName& name, const PackedFrame& packed) {
  const Frame& frame = packed.frame;
  Entry entry;
  entry.frame = frame;
  if (!frame.stored) {
    ASSIGN_OR_RETURN(const std::string header,
                     EncodeChunkHeader({options_.archive, name.name, frame}));
    std::string before = layout_->Before(frame);
    before += layout_->BeginRun(header.size());
    const size_t lead_begin = before.size();
    absl::StrAppend(&before, header, layout_->BeginRun(packed.bytes.size()));
    entry.lead = static_cast<uint16_t>(before.size() - lead_begin);
    RETURN_IF_ERROR(Write(before));
  }
  entry.offset = position_;
  RETURN_IF_ERROR(builder_.Add(entry, name.name));
  RETURN_IF_ERROR(Write(packed.bytes));
  if (frame.stored) return absl::OkStatus();
  if (builder_.page_is_full()) RETURN_IF_ERROR(WritePage());
  return Write(layout_->After(frame));
}

absl::Status Appender::WritePage() {
  RETURN_IF_ERROR(Write(layout_->BeginRun(builder_.page_size())));
  return Write(builder_.TakePage(position_));
}

absl::StatusOr<Appender::Result> Appender::Finish(const base::Context& context) {
  const std::stop_callback wake(context.stop_token(), [this] { Wake(); });
  {
    const absl::MutexLock lock(&mutex_);
    RETURN_IF_ERROR(Await(context, [this] {
      mutex_.AssertHeld();
      return !writing_;
    }));
    if (!slots_.empty()) {
      return errs::InternalError(kOp,
                                 absl::StrCat(Describe(slots_.front()->name), " is not complete"));
    }
    writing_ = true;
    failure_ = errs::InternalError(kOp, "the body has ended");  // For calls that follow.
  }
  ASSIGN_OR_RETURN(const IndexEnd end, EncodeIndexEnd(builder_, *layout_, position_));
  RETURN_IF_ERROR(Write(end.bytes));
  Result result;
  result.root = end.root;
  result.index_offset = end.offset;
  result.size = position_;
  result.directory = builder_.directory();
  return result;
}

size_t Appender::waiting() const {
  const absl::MutexLock lock(&mutex_);
  return waiting_;
}

}  // namespace siphon::frames
