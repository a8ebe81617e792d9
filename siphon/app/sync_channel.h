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

// What a source's thread writes a backup to and a target's thread restores it from. A source that
// begins anew makes the target's restore end with an error, undone, and begin anew as well.
class SyncChannel : public driver::BackupTarget {
 public:
  // At most `capacity` bytes wait in it.
  SyncChannel(const base::Context& context, size_t capacity)
      : context_(context), capacity_(capacity) {}

  // For the source.
  absl::StatusOr<base::Writer*> Begin(const dumps::Contents& contents) override;
  void SetTables(std::vector<dumps::TableInfo> tables) override;
  // Its backup has ended; with an error, so does the restore.
  void SourceEnded(const absl::Status& status);

  // For the target. Waits for the source's first or next beginning and returns what to restore,
  // owned by the channel; the first cause when there will be none.
  absl::StatusOr<base::Reader*> Next();
  // The restore of what Next() returned has ended. True when it is to be done once more, because
  // the source has begun anew.
  bool TargetEnded(const absl::Status& status);

  // How full the pipe is, in percent.
  int fill() const;
  // The first error of either side.
  absl::Status status() const;
  dumps::Contents contents() const;

 private:
  // Both with `mutex_` held. Await() also returns when the context stops.
  void Fail(const absl::Status& status);
  void Await(std::unique_lock<std::mutex>& lock, absl::FunctionRef<bool()> ready);

  const base::Context context_;
  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::unique_ptr<base::Pipe> pipe_;  // None before the first Begin().
  bool taken_ = false;                // Next() has handed it out.
  bool anew_ = false;                 // The source waits for the target to let go of it.
  bool source_ended_ = false;
  bool target_ended_ = false;
  absl::Status first_;
  dumps::Contents contents_;
};

}  // namespace siphon::app

#endif  // SIPHON_APP_SYNC_CHANNEL_H_
