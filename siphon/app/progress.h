// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_PROGRESS_H_
#define SIPHON_APP_PROGRESS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"

namespace siphon::app {

// Reports the bytes that pass to a stage. `next` and `stage` must outlive the writer.
class ProgressWriter : public base::Writer {
 public:
  ProgressWriter(base::Writer* next, base::Stage* stage) : next_(next), stage_(stage) {}
  absl::Status Write(std::string_view data) override {
    bytes_ += data.size();
    stage_->Progress(bytes_);
    return next_->Write(data);
  }
  absl::Status Finish() override { return next_->Finish(); }

 private:
  base::Writer* next_;
  base::Stage* stage_;
  uint64_t bytes_ = 0;
};

// Reports the bytes that pass to a stage. `next` and `stage` must outlive the reader.
class ProgressReader : public base::Reader {
 public:
  ProgressReader(base::Reader* next, base::Stage* stage) : next_(next), stage_(stage) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    absl::StatusOr<size_t> n = next_->Read(out);
    if (n.ok()) stage_->Progress(bytes_ += *n);
    return n;
  }
  std::optional<base::FileRegion> region() const override { return next_->region(); }

 private:
  base::Reader* next_;
  base::Stage* stage_;
  uint64_t bytes_ = 0;
};

// Reports the bytes that several threads count to a stage, which must outlive the counter.
class ProgressCounter {
 public:
  explicit ProgressCounter(base::Stage* stage) : stage_(stage) {}
  void Add(uint64_t bytes) {
    const absl::MutexLock lock(&mutex_);
    stage_->Progress(bytes_ += bytes);
  }

 private:
  base::Stage* const stage_;
  absl::Mutex mutex_;
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace siphon::app

#endif  // SIPHON_APP_PROGRESS_H_
