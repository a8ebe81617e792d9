// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/part_tally.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/frame.h"

namespace siphon::app {

PartTally::PartTally(base::Stage* stage, const driver::Snapshot& snapshot)
    : stage_(stage),
      tables_{.done = 0, .total = snapshot.tables()},
      estimate_(snapshot.contents().estimated_bytes) {
  if (estimate_ > 0) stage->SetTotal(estimate_);
}

void PartTally::Begin(int worker, const frames::Part& part) {
  const absl::MutexLock lock(&mutex_);
  // Of several workers, the last one shows.
  stage_->SetTable(part.content == frames::Content::kRows ? part.name : "");
  base::WorkerProgress& job = jobs_[worker];
  job = {.number = worker + 1, .part = part.name};
  if (!part.range.empty()) absl::StrAppend(&job.part, job.part.empty() ? "" : " ", part.range);
}

void PartTally::Add(int worker, uint64_t bytes) {
  const absl::MutexLock lock(&mutex_);
  jobs_[worker].bytes += bytes;
  bytes_ += bytes;
  Report();
}

void PartTally::AddRows(int worker, uint64_t rows) {
  const absl::MutexLock lock(&mutex_);
  jobs_[worker].rows += rows;
  rows_ += rows;
}

void PartTally::End(int worker, const frames::Part& part) {
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

void PartTally::Report() {
  if (tables_.total > 0) stage_->SetCounts(tables_, rows_);
  stage_->Progress(bytes_, [&](base::Event& event) {
    mutex_.AssertHeld();
    for (const auto& [worker, job] : jobs_) event.workers.push_back(job);
  });
}

uint64_t PartTally::Total() const {
  const uint64_t exact = estimate_ / 20 + 1;
  const double ratio = static_cast<double>(finished_bytes_ + exact) /
                       static_cast<double>(finished_estimate_ + exact);
  const uint64_t left = estimate_ - std::min(estimate_, finished_estimate_);
  const auto rest = static_cast<uint64_t>(ratio * static_cast<double>(left));
  return std::max(bytes_, finished_bytes_ + other_bytes_ + rest);
}

}  // namespace siphon::app
