// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/contracts/snapshot_body.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "errs/status_macros.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "siphon/base/workers.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/part_writer.h"

namespace siphon::testing {
namespace {

// Keeps the bytes of a part.
class TextSink : public frames::PartSink {
 public:
  absl::Status Write(const base::Context&, std::string_view data) override {
    text_ += data;
    return absl::OkStatus();
  }
  void Cut(uint64_t) override {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Calls the hook before each write.
class HookedSink : public frames::PartSink {
 public:
  HookedSink(frames::PartSink* next, const frames::Part& part, const SnapshotBodyOptions& options)
      : next_(*next), part_(part), options_(options) {}
  absl::Status Write(const base::Context& context, std::string_view data) override {
    if (options_.before_write) RETURN_IF_ERROR(options_.before_write(part_));
    return next_.Write(context, data);
  }
  void Cut(uint64_t rows) override { next_.Cut(rows); }

 private:
  frames::PartSink& next_;
  const frames::Part& part_;
  const SnapshotBodyOptions& options_;
};

// The parts of a snapshot, as workers read them.
class Parts {
 public:
  // Packs the parts into frames if `in_frames`, which needs a layout.
  Parts(driver::Snapshot* snapshot, const SnapshotBodyOptions* options, bool in_frames)
      : snapshot_(*snapshot), options_(*options), layout_(snapshot->layout()) {
    if (!in_frames) return;
    appender_.emplace(layout_.get(), &frames_, frames::Appender::Options{.archive = 1});
  }

  // Reads parts until there are none.
  absl::Status Work(const base::Context& context, int worker) {
    ASSIGN_OR_RETURN(frames::FramePacker packer, frames::FramePacker::Create(1));
    while (true) {
      size_t number = 0;
      std::optional<frames::Part> part;
      std::optional<frames::PartWriter> writer;
      {
        const absl::MutexLock lock(&mutex_);
        ASSIGN_OR_RETURN(part, snapshot_.NextPart(context));
        if (!part.has_value()) return absl::OkStatus();
        EXPECT_TRUE(parts_.empty() || Follows(parts_.back(), *part));
        number = parts_.size();
        parts_.push_back(*part);
        if (appender_.has_value()) {
          ASSIGN_OR_RETURN(frames::Appender::Claimed claimed,
                           appender_->Claim(context, {part->item, part->name, part->part}));
          writer.emplace(&packer, std::move(claimed),
                         frames::PartWriter::Options{.content = part->content,
                                                     .ends_item = part->ends_item,
                                                     .stored = part->stored,
                                                     .range = part->range});
        }
      }
      RETURN_IF_ERROR(writer.has_value() ? Pack(context, worker, *part, *writer)
                                         : Keep(context, worker, *part, number));
      if (options_.after_part) options_.after_part();
    }
  }

  absl::StatusOr<SnapshotBody> Take(const base::Context& context) {
    const absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(!parts_.empty() && parts_.back().ends_item);
    SnapshotBody body;
    if (appender_.has_value()) {
      RETURN_IF_ERROR(appender_->Finish(context).status());
      body.text = frames_.data();
    }
    for (const auto& [number, text] : texts_) body.text += text;
    body.parts = std::move(parts_);
    return body;
  }

 private:
  static bool Follows(const frames::Part& a, const frames::Part& b) {
    if (a.ends_item) return b.item != a.item && b.part == 0;
    return b.item == a.item && b.part == a.part + 1;
  }

  absl::Status Pack(const base::Context& context, int worker, const frames::Part& part,
                    frames::PartWriter& writer) {
    HookedSink sink(&writer, part, options_);
    absl::Status status = snapshot_.Read(context, worker, part, sink);
    return status.ok() ? writer.End(context) : writer.Fail(std::move(status));
  }

  absl::Status Keep(const base::Context& context, int worker, const frames::Part& part,
                    size_t number) {
    TextSink text;
    HookedSink sink(&text, part, options_);
    RETURN_IF_ERROR(snapshot_.Read(context, worker, part, sink));
    const absl::MutexLock lock(&mutex_);
    texts_[number] = text.text();
    return absl::OkStatus();
  }

  driver::Snapshot& snapshot_;
  const SnapshotBodyOptions& options_;
  const std::shared_ptr<const frames::BodyLayout> layout_;
  base::StringWriter frames_;
  std::optional<frames::Appender> appender_;
  absl::Mutex mutex_;
  std::vector<frames::Part> parts_ ABSL_GUARDED_BY(mutex_);
  std::map<size_t, std::string> texts_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<SnapshotBody> ReadParts(const base::Context& context, driver::Snapshot& snapshot,
                                       const SnapshotBodyOptions& options, bool in_frames) {
  const int jobs = snapshot.layout() == nullptr ? 1 : options.jobs;
  while (true) {
    Parts parts(&snapshot, &options, in_frames);
    absl::Status status = base::RunWorkers(
        context, jobs,
        [&](const base::Context& inner, int worker) { return parts.Work(inner, worker); });
    if (status.ok()) {
      ASSIGN_OR_RETURN(SnapshotBody body, parts.Take(context));
      ASSIGN_OR_RETURN(body.tables, snapshot.Finish(context));
      return body;
    }
    if (!snapshot.lost()) return status;
    RETURN_IF_ERROR(snapshot.Reopen(context));
  }
}

}  // namespace

absl::StatusOr<SnapshotBody> ReadSnapshot(const base::Context& context, driver::Snapshot& snapshot,
                                          const SnapshotBodyOptions& options) {
  return ReadParts(context, snapshot, options,
                   snapshot.layout() != nullptr && snapshot.contents().compressed);
}

absl::Status WriteSnapshotFrames(const base::Context& context, driver::Snapshot& snapshot,
                                 base::Writer& body, const SnapshotBodyOptions& options) {
  ASSIGN_OR_RETURN(const SnapshotBody read,
                   ReadParts(context, snapshot, options, /*in_frames=*/true));
  return body.Write(read.text);
}

absl::Status WriteSnapshotBody(const base::Context& context, driver::Snapshot& snapshot,
                               driver::BackupTarget& target, const SnapshotBodyOptions& options) {
  ASSIGN_OR_RETURN(SnapshotBody body, ReadSnapshot(context, snapshot, options));
  ASSIGN_OR_RETURN(base::Writer* const writer, target.Begin(snapshot.contents()));
  RETURN_IF_ERROR(writer->Write(body.text));
  if (snapshot.contents().rows_estimated) target.SetTables(std::move(body.tables));
  return absl::OkStatus();
}

}  // namespace siphon::testing
