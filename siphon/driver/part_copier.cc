// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/part_copier.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/pipe.h"
#include "siphon/base/workers.h"
#include "siphon/domain/frames/body_layout.h"

namespace siphon::driver {
namespace {

constexpr std::string_view kOp = "sync";
// Of each worker.
constexpr size_t kPipeBytes = size_t{1} << 20;

// Keeps the bytes of a part, and counts its rows.
class KeepingSink : public frames::PartSink {
 public:
  explicit KeepingSink(std::string* bytes) : bytes_(*bytes) {}
  absl::Status Write(const base::Context&, std::string_view data) override {
    bytes_ += data;
    return absl::OkStatus();
  }
  void Cut(uint64_t rows) override { rows_ += rows; }
  uint64_t rows() const { return rows_; }

 private:
  std::string& bytes_;
  uint64_t rows_ = 0;
};

// Reads bytes that it owns.
class KeptReader : public base::Reader {
 public:
  explicit KeptReader(std::string bytes) : bytes_(std::move(bytes)), reader_(bytes_) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override { return reader_.Read(out); }

 private:
  const std::string bytes_;
  base::StringReader reader_;
};

// The end of a pipe into which a part is read, or nothing.
class PipeSink : public frames::PartSink {
 public:
  PipeSink(base::Writer* pipe, CopyObserver* observer, int worker)
      : pipe_(pipe), observer_(*observer), worker_(worker) {}
  absl::Status Write(const base::Context& /*context*/, std::string_view data) override {
    observer_.Add(worker_, data.size());
    bytes_ += data.size();
    return pipe_ == nullptr || data.empty() ? absl::OkStatus() : pipe_->Write(data);
  }
  void Cut(uint64_t rows) override {
    observer_.AddRows(worker_, rows);
    rows_ += rows;
  }
  uint64_t bytes() const { return bytes_; }
  uint64_t rows() const { return rows_; }

 private:
  base::Writer* const pipe_;  // May be null.
  CopyObserver& observer_;
  const int worker_;
  uint64_t bytes_ = 0, rows_ = 0;
};

// The other end. With the last byte of the part its sums are known.
class PipeReader : public base::Reader {
 public:
  PipeReader(base::Reader* pipe, const PipeSink* sink, StoredPart* part)
      : pipe_(*pipe), sink_(*sink), part_(*part) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    ASSIGN_OR_RETURN(const size_t count, pipe_.Read(out));
    if (count > 0 || out.empty()) return count;
    // The writer has finished: it changes nothing any more.
    part_.rows = sink_.rows();
    part_.raw = sink_.bytes();
    at_end_ = true;
    return 0;
  }
  bool at_end() const { return at_end_; }

 private:
  base::Reader& pipe_;
  const PipeSink& sink_;
  StoredPart& part_;
  bool at_end_ = false;
};

class Copier {
 public:
  Copier(Snapshot* snapshot, Restoration* restoration, CopyObserver* observer)
      : snapshot_(*snapshot), restoration_(*restoration), observer_(*observer) {}

  // After Define().
  void ChooseItems(const std::vector<frames::Item>& items) {
    for (const frames::Item& item : items) loads_[item.id] = restoration_.Loads(item);
  }

  // Copies parts until there are none.
  absl::Status Work(const base::Context& context, int worker) {
    while (true) {
      std::optional<frames::Part> part;
      {
        const absl::MutexLock lock(&mutex_);
        ASSIGN_OR_RETURN(part, snapshot_.NextPart(context));
      }
      if (!part.has_value()) return absl::OkStatus();
      observer_.Begin(worker, *part);
      RETURN_IF_ERROR(Copy(context, worker, *part));
      observer_.End(worker, *part);
    }
  }

 private:
  absl::Status Copy(const base::Context& context, int worker, const frames::Part& part) {
    const auto loads = loads_.find(part.item);
    if (loads == loads_.end()) return errs::InternalError(kOp, "a part of an unknown item");
    if (!loads->second) {
      // Others may wait until it was read.
      PipeSink nowhere(nullptr, &observer_, worker);
      return snapshot_.Read(context, worker, part, nowhere);
    }
    base::Pipe pipe(context, kPipeBytes);
    PipeSink sink(&pipe.writer(), &observer_, worker);
    StoredPart loaded = {.part = part};
    PipeReader bytes(&pipe.reader(), &sink, &loaded);
    // Each side ends the wait of the other one.
    const auto end = [&](absl::Status status) {
      if (!status.ok()) pipe.Abort(status);
      return status;
    };
    return base::RunWorkers(context, 2, [&](const base::Context& inner, int side) -> absl::Status {
      if (side == 0) return end(Load(inner, worker, loaded, bytes));
      RETURN_IF_ERROR(end(snapshot_.Read(inner, worker, part, sink)));
      return pipe.writer().Finish();
    });
  }

  absl::Status Load(const base::Context& context, int worker, const StoredPart& part,
                    PipeReader& bytes) {
    RETURN_IF_ERROR(restoration_.Load(context, worker, part, bytes));
    if (bytes.at_end()) return absl::OkStatus();
    return errs::InternalError(
        kOp, absl::StrCat("a part of ", part.part.name, " was loaded, but not read to its end"));
  }

  Snapshot& snapshot_;
  Restoration& restoration_;
  CopyObserver& observer_;
  std::unordered_map<uint32_t, bool> loads_;  // By item.
  absl::Mutex mutex_;                         // Of NextPart().
};

absl::Status Run(const base::Context& context, Snapshot& snapshot, const SnapshotBody& body,
                 Restoration& restoration, int jobs, CopyObserver& observer) {
  RETURN_IF_ERROR(restoration.Define(context));
  Copier copier(&snapshot, &restoration, &observer);
  copier.ChooseItems(body.items());
  auto* const destination = dynamic_cast<CopyDestination*>(&restoration);
  if (destination == nullptr) return errs::InternalError(kOp, "a restoration of dumps alone");
  const int workers = std::clamp(destination->workers(), 1, jobs);
  RETURN_IF_ERROR(base::RunWorkers(context, workers, [&](const base::Context& inner, int worker) {
    return copier.Work(inner, worker);
  }));
  // The locks of the source are given up before the work that needs no rows.
  RETURN_IF_ERROR(snapshot.Finish(context).status());
  RETURN_IF_ERROR(base::RunWorkers(context, workers, [&](const base::Context& inner, int worker) {
    return restoration.Complete(inner, worker);
  }));
  RETURN_IF_ERROR(context.Check());
  return restoration.Publish(context);
}

absl::Status NotLive() { return errs::InternalError(kOp, "a snapshot has no frames to be read"); }

}  // namespace

bool CanCopy(const Snapshot& snapshot) {
  return snapshot.layout() != nullptr && dynamic_cast<const CopySource*>(&snapshot) != nullptr;
}

absl::Status SnapshotBody::ReadHead(const base::Context& context) {
  auto* const source = dynamic_cast<CopySource*>(&snapshot_);
  if (source == nullptr) return errs::InternalError(kOp, "a snapshot for dumps alone");
  for (SnapshotItem& item : source->items()) {
    frames::Item& added = items_.emplace_back();
    added.id = item.id;
    added.name = std::move(item.name);
    added.raw = item.estimated_bytes;
  }
  if (items_.empty()) return errs::InternalError(kOp, "the snapshot has no items");
  bool ended = false;
  KeepingSink sink(&head_);
  while (!ended) {
    ASSIGN_OR_RETURN(const std::optional<frames::Part> part, snapshot_.NextPart(context));
    if (!part.has_value() || part->item != items_.front().id) {
      return errs::InternalError(kOp, "the snapshot does not begin with its first item");
    }
    RETURN_IF_ERROR(snapshot_.Read(context, /*worker=*/0, *part, sink));
    ended = part->ends_item;
  }
  items_.front().rows = sink.rows();
  items_.front().raw = head_.size();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<base::Reader>> SnapshotBody::Open(const base::Context& context,
                                                                 const frames::Item& item) const {
  if (item.id == items_.front().id) return std::make_unique<base::StringReader>(head_);
  std::string definition;
  KeepingSink sink(&definition);
  RETURN_IF_ERROR(dynamic_cast<CopySource&>(snapshot_).ReadDefinition(
      context, {.id = item.id, .name = item.name, .estimated_bytes = item.raw}, sink));
  return std::make_unique<KeptReader>(std::move(definition));
}

absl::StatusOr<std::unique_ptr<base::Reader>> SnapshotBody::OpenPacked(
    const base::Context&, const frames::Item&, const frames::BodyLayout&) const {
  return NotLive();
}

absl::StatusOr<std::unique_ptr<ItemFrames>> SnapshotBody::OpenFrames(const base::Context&,
                                                                     const frames::Item&) const {
  return NotLive();
}

absl::Status CopyParts(const base::Context& context, Snapshot& snapshot, const SnapshotBody& body,
                       Restoration& restoration, int jobs, CopyObserver& observer) {
  absl::Status status = Run(context, snapshot, body, restoration, jobs, observer);
  return status.ok() ? status : restoration.Abandon(std::move(status));
}

}  // namespace siphon::driver
