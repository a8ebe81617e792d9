// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/snapshot_writer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "errs/status_macros.h"
#include "siphon/app/part_tally.h"
#include "siphon/app/progress.h"
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

class TallyingSink : public frames::PartSink {
 public:
  TallyingSink(frames::PartSink* next, PartTally* tally, int worker)
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
  PartTally* tally_;
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
                  PartQueue& queue, int level, PartTally& tally) {
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
  PartTally tally(&stage, snapshot);
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
