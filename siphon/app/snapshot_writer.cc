// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/snapshot_writer.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "errs/status_macros.h"
#include "siphon/app/progress.h"
#include "siphon/base/event.h"
#include "siphon/base/io.h"
#include "siphon/base/workers.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/part_writer.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/driver.h"

namespace siphon::app {
namespace {

// Passes a stream to the dump and counts it for the progress line.
class DumpTarget : public driver::BackupTarget {
 public:
  DumpTarget(dumps::PendingDump* dump, base::Stage* stage) : dump_(dump), stage_(stage) {}

  absl::StatusOr<base::Writer*> Begin(const dumps::Contents& contents) override {
    ASSIGN_OR_RETURN(base::Writer * body, dump_->Begin(contents));
    if (contents.estimated_bytes > 0) stage_->SetTotal(contents.estimated_bytes);
    writer_ = std::make_unique<ProgressWriter>(body, stage_);
    return writer_.get();
  }
  void SetTables(std::vector<dumps::TableInfo> tables) override {
    dump_->SetTables(std::move(tables));
  }

 private:
  dumps::PendingDump* dump_;
  base::Stage* stage_;
  std::unique_ptr<ProgressWriter> writer_;
};

// What several workers have read, for the progress of the stage.
class Tally {
 public:
  Tally(base::Stage* stage, const driver::Snapshot& snapshot)
      : stage_(stage),
        tables_{.done = 0, .total = snapshot.tables()},
        estimate_(snapshot.contents().estimated_bytes) {
    if (estimate_ > 0) stage_->SetTotal(estimate_);
  }

  void Begin(int worker, const frames::Part& part) {
    const absl::MutexLock lock(&mutex_);
    // Of several workers, the last one shows.
    stage_->SetTable(part.content == frames::Content::kRows ? part.name : "");
    base::WorkerProgress& job = jobs_[worker];
    job = {.number = worker + 1, .part = part.name};
    if (!part.range.empty()) absl::StrAppend(&job.part, job.part.empty() ? "" : " ", part.range);
  }
  void Add(int worker, uint64_t bytes) {
    const absl::MutexLock lock(&mutex_);
    jobs_[worker].bytes += bytes;
    bytes_ += bytes;
    Report();
  }
  void AddRows(int worker, uint64_t rows) {
    const absl::MutexLock lock(&mutex_);
    jobs_[worker].rows += rows;
    rows_ += rows;
  }
  void End(int worker, const frames::Part& part) {
    const absl::MutexLock lock(&mutex_);
    (part.estimated_bytes > 0 ? finished_bytes_ : other_bytes_) += jobs_[worker].bytes;
    finished_estimate_ += part.estimated_bytes;
    jobs_.erase(worker);
    Item& item = items_[part.item];
    ++item.ended;
    if (part.ends_item) item.parts = part.part + 1;
    if (item.parts == item.ended) {
      items_.erase(part.item);
      if (part.content == frames::Content::kRows) ++tables_.done;
    }
    if (finished_estimate_ > 0) stage_->SetTotal(Total());
    Report();
  }

 private:
  struct Item {
    uint64_t ended = 0;             // Its parts that were read.
    std::optional<uint64_t> parts;  // All, once the last was read.
  };

  void Report() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (tables_.total > 0) stage_->SetCounts(tables_, rows_);
    stage_->Progress(bytes_, [&](base::Event& event) {
      mutex_.AssertHeld();
      for (const auto& [worker, job] : jobs_) event.workers.push_back(job);
    });
  }

  // The bytes of all parts, if those that are left have as many bytes for each estimated one as
  // those that were read. A few parts say little, so a twentieth of the estimate counts as exact.
  uint64_t Total() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const uint64_t exact = estimate_ / 20 + 1;
    const double ratio = static_cast<double>(finished_bytes_ + exact) /
                         static_cast<double>(finished_estimate_ + exact);
    const uint64_t left = estimate_ - std::min(estimate_, finished_estimate_);
    const auto rest = static_cast<uint64_t>(ratio * static_cast<double>(left));
    return std::max(bytes_, finished_bytes_ + other_bytes_ + rest);
  }

  absl::Mutex mutex_;
  base::Stage* const stage_ ABSL_PT_GUARDED_BY(mutex_);
  base::TableCounts tables_ ABSL_GUARDED_BY(mutex_);
  const uint64_t estimate_;
  std::map<int, base::WorkerProgress> jobs_ ABSL_GUARDED_BY(mutex_);  // By the worker.
  std::map<uint32_t, Item> items_ ABSL_GUARDED_BY(mutex_);            // Those that are being read.
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0, rows_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of parts that were read: with an estimate and without; the estimates.
  uint64_t finished_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t other_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t finished_estimate_ ABSL_GUARDED_BY(mutex_) = 0;
};

class TallyingSink : public frames::PartSink {
 public:
  TallyingSink(frames::PartSink* next, Tally* tally, int worker)
      : next_(next), tally_(tally), worker_(worker) {}
  absl::Status Write(const base::Context& context, std::string_view data) override {
    tally_->Add(worker_, data.size());
    return next_->Write(context, data);
  }
  void Cut(uint64_t rows) override {
    tally_->AddRows(worker_, rows);
    next_->Cut(rows);
  }

 private:
  frames::PartSink* next_;
  Tally* tally_;
  int worker_;
};

// Gives the parts of a snapshot to workers. A part is named and claimed in one step, so that the
// appender gets the claims in the order of the body.
class PartQueue {
 public:
  PartQueue(driver::Snapshot* snapshot, frames::Appender* appender)
      : snapshot_(snapshot), appender_(appender) {}

  struct Claim {
    frames::Part part;
    frames::Appender::Claimed claimed;
  };
  absl::StatusOr<std::optional<Claim>> Next(const base::Context& context) {
    const absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(std::optional<frames::Part> part, snapshot_->NextPart(context));
    if (!part.has_value()) return std::nullopt;
    ASSIGN_OR_RETURN(frames::Appender::Claimed claimed,
                     appender_->Claim(context, {part->item, part->name, part->part}));
    return Claim{*std::move(part), std::move(claimed)};
  }

 private:
  driver::Snapshot* const snapshot_ ABSL_PT_GUARDED_BY(mutex_);
  frames::Appender* const appender_;
  absl::Mutex mutex_;
};

// Writes the parts that it gets from the queue until there are none.
absl::Status Work(const base::Context& context, int worker, driver::Snapshot& snapshot,
                  PartQueue& queue, int level, Tally& tally) {
  ASSIGN_OR_RETURN(frames::FramePacker packer, frames::FramePacker::Create(level));
  while (true) {
    ASSIGN_OR_RETURN(std::optional<PartQueue::Claim> claim, queue.Next(context));
    if (!claim.has_value()) return absl::OkStatus();
    const frames::Part& part = claim->part;
    frames::PartWriter::Options options;
    options.content = part.content;
    options.ends_item = part.ends_item;
    options.stored = part.stored;
    options.range = part.range;
    frames::PartWriter writer(&packer, std::move(claim->claimed), std::move(options));
    TallyingSink sink(&writer, &tally, worker);
    tally.Begin(worker, part);
    if (absl::Status status = snapshot.Read(context, worker, part, sink); !status.ok()) {
      return writer.Fail(std::move(status));
    }
    RETURN_IF_ERROR(writer.End(context));
    tally.End(worker, part);
  }
}

// Writes the state that is open now.
absl::Status WriteFrames(const base::Context& context, driver::Snapshot& snapshot,
                         dumps::PendingDump& dump, const SnapshotWriterOptions& options,
                         base::Stage& stage) {
  ASSIGN_OR_RETURN(frames::Appender* const appender,
                   dump.BeginFrames(snapshot.contents(), snapshot.layout()));
  PartQueue queue(&snapshot, appender);
  Tally tally(&stage, snapshot);
  RETURN_IF_ERROR(
      base::RunWorkers(context, options.jobs, [&](const base::Context& inner, int worker) {
        return Work(inner, worker, snapshot, queue, options.compression, tally);
      }));
  ASSIGN_OR_RETURN(std::vector<dumps::TableInfo> tables, snapshot.Finish(context));
  if (snapshot.contents().rows_estimated) dump.SetTables(std::move(tables));
  return absl::OkStatus();
}

}  // namespace

bool HasFrames(const driver::Snapshot& snapshot, const SnapshotWriterOptions& options) {
  return snapshot.layout() != nullptr && options.compression > 0;
}

absl::Status WriteSnapshot(const base::Context& context, driver::Snapshot& snapshot,
                           dumps::PendingDump& dump, const SnapshotWriterOptions& options,
                           base::Stage& stage) {
  if (!HasFrames(snapshot, options)) {
    DumpTarget target(&dump, &stage);
    return driver::WriteStream(context, snapshot, target);
  }
  while (true) {
    absl::Status status = WriteFrames(context, snapshot, dump, options, stage);
    if (status.ok() || !snapshot.lost()) return status;
    RETURN_IF_ERROR(snapshot.Reopen(context));
  }
}

}  // namespace siphon::app
