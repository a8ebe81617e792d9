// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_SYNC_CHANNEL_H_
#define SIPHON_APP_SYNC_CHANNEL_H_

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/pipe.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/driver/driver.h"

namespace siphon::app {

// Connects the thread that backs up the source with the thread that restores the target. When the
// source starts again, the restore ends with an error, is undone, and starts again, too.
class SyncChannel : public driver::BackupTarget {
 public:
  // The channel buffers at most `capacity` bytes.
  SyncChannel(const base::Context& context, size_t capacity)
      : context_(context), capacity_(capacity) {}

  // For the source.
  absl::StatusOr<base::Writer*> Begin(const dumps::Contents& contents) override;
  void SetTables(std::vector<dumps::TableInfo> tables) override;
  // The backup has ended. An error also ends the restore.
  void SourceEnded(const absl::Status& status);

  // For the target. Waits until the source starts (again) and returns the reader to restore from,
  // owned by the channel; or the first error, if no restore will follow.
  absl::StatusOr<base::Reader*> Next();
  // The restore from Next() has ended. Returns true if the source has started again and the target
  // must restore once more.
  bool TargetEnded(const absl::Status& status);

  // The fill level of the pipe, in percent.
  int fill() const;
  // The first error of either side.
  absl::Status status() const;
  dumps::Contents contents() const;

 private:
  // Call both with `mutex_` held. Await() also returns when the context stops.
  void Fail(const absl::Status& status);
  void Await(std::unique_lock<std::mutex>& lock, absl::FunctionRef<bool()> ready);

  const base::Context context_;
  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::unique_ptr<base::Pipe> pipe_;  // Null before the first Begin().
  bool taken_ = false;                // Next() has returned the current pipe.
  bool restarting_ = false;           // The source starts again and waits for the target.
  bool source_ended_ = false;
  bool target_ended_ = false;
  absl::Status first_;
  dumps::Contents contents_;
};

}  // namespace siphon::app

#endif  // SIPHON_APP_SYNC_CHANNEL_H_
