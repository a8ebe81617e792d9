// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_PART_TALLY_H_
#define SIPHON_APP_PART_TALLY_H_

#include <cstdint>
#include <map>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "siphon/base/context.h"
#include "siphon/base/event.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/part_copier.h"
#include "siphon/driver/snapshot.h"

namespace siphon::app {

// Counts the parts that several workers read, for the progress of a stage: tables, rows, bytes, and
// what each worker does.
class PartTally : public driver::CopyObserver {
 public:
  // `stage` must outlive the tally.
  PartTally(base::Stage* stage, const driver::Snapshot& snapshot);

  void Begin(int worker, const frames::Part& part) override;
  void Add(int worker, uint64_t bytes) override;
  void AddRows(int worker, uint64_t rows) override;
  void End(int worker, const frames::Part& part) override;

  uint64_t bytes() const {
    const absl::MutexLock lock(&mutex_);
    return bytes_;
  }

 private:
  struct Item {
    uint64_t ended = 0;             // Its parts that were read.
    std::optional<uint64_t> parts;  // All, once the last was read.
  };

  void Report() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The bytes of all parts, if those that are left have as many bytes for each estimated one as
  // those that were read. A few parts say little, so a twentieth of the estimate counts as exact.
  uint64_t Total() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
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

}  // namespace siphon::app

#endif  // SIPHON_APP_PART_TALLY_H_
