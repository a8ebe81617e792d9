// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/contracts/snapshot_body.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/base/workers.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/part_writer.h"
#include "siphon/domain/frames/parts.h"

namespace siphon::testing {
namespace {

class FrameWriter {
 public:
  FrameWriter(driver::Snapshot* snapshot, base::Writer* writer, const SnapshotBodyOptions& options)
      : snapshot_(*snapshot),
        options_(options),
        appender_(snapshot->layout().get(), writer, {.archive = 1}) {}

  absl::Status Run(const base::Context& context) {
    RETURN_IF_ERROR(base::RunWorkers(
        context, options_.jobs,
        [&](const base::Context& inner, int worker) { return Work(inner, worker); }));
    return appender_.Finish(context).status();
  }

 private:
  absl::Status Work(const base::Context& context, int worker) {
    ASSIGN_OR_RETURN(frames::FramePacker packer, frames::FramePacker::Create(1));
    while (true) {
      std::optional<frames::Part> part;
      std::optional<frames::PartWriter> writer;
      {
        const absl::MutexLock lock(&mutex_);
        ASSIGN_OR_RETURN(part, snapshot_.NextPart(context));
        if (!part.has_value()) return absl::OkStatus();
        ASSIGN_OR_RETURN(frames::Appender::Claimed claimed,
                         appender_.Claim(context, {part->item, part->name, part->part}));
        writer.emplace(&packer, std::move(claimed),
                       frames::PartWriter::Options{.content = part->content,
                                                   .ends_item = part->ends_item,
                                                   .stored = part->stored,
                                                   .range = part->range});
      }
      absl::Status status = snapshot_.Read(context, worker, *part, *writer);
      if (!status.ok()) return writer->Fail(std::move(status));
      RETURN_IF_ERROR(writer->End(context));
      options_.after_part();
    }
  }

  driver::Snapshot& snapshot_;
  const SnapshotBodyOptions& options_;
  frames::Appender appender_;
  absl::Mutex mutex_;
};

}  // namespace

absl::Status WriteSnapshotFrames(const base::Context& context, driver::Snapshot& snapshot,
                                 base::Writer& body, const SnapshotBodyOptions& options) {
  return FrameWriter(&snapshot, &body, options).Run(context);
}

absl::Status WriteSnapshotBody(const base::Context& context, driver::Snapshot& snapshot,
                               driver::BackupTarget& target, const SnapshotBodyOptions& options) {
  if (snapshot.layout() == nullptr || !snapshot.contents().compressed) {
    return driver::WriteStream(context, snapshot, target);
  }
  ASSIGN_OR_RETURN(base::Writer* const writer, target.Begin(snapshot.contents()));
  RETURN_IF_ERROR(WriteSnapshotFrames(context, snapshot, *writer, options));
  ASSIGN_OR_RETURN(std::vector<dumps::TableInfo> tables, snapshot.Finish(context));
  if (snapshot.contents().rows_estimated) target.SetTables(std::move(tables));
  return absl::OkStatus();
}

}  // namespace siphon::testing
