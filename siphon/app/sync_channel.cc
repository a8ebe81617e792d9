// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/sync_channel.h"

#include <utility>

#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::app {
namespace {

constexpr std::string_view kOp = "sync";

}  // namespace

void SyncChannel::Fail(const absl::Status& status) {
  if (first_.ok()) first_ = status;
  if (pipe_ != nullptr) pipe_->Abort(first_);
  changed_.notify_all();
}

void SyncChannel::Await(std::unique_lock<std::mutex>& lock, absl::FunctionRef<bool()> ready) {
  if (context_.deadline().has_value()) {
    changed_.wait_until(lock, context_.stop_token(), *context_.deadline(), ready);
  } else {
    changed_.wait(lock, context_.stop_token(), ready);
  }
}

absl::StatusOr<base::Writer*> SyncChannel::Begin(const dumps::Contents& contents) {
  std::unique_lock lock(mutex_);
  if (pipe_ != nullptr && taken_) {
    restarting_ = true;
    pipe_->Abort(errs::SystemError(kOp, errs::kBusy, "the source has changed and starts again"));
    Await(lock, [this] { return !taken_ || target_ended_; });
    restarting_ = false;
  }
  RETURN_IF_ERROR(first_);
  RETURN_IF_ERROR(errs::WithOp(context_.Check(), kOp));
  if (target_ended_)
    return errs::InternalError(kOp, "the source begins after the end of the target");
  contents_ = contents;
  pipe_ = std::make_unique<base::Pipe>(context_, capacity_);
  changed_.notify_all();
  return &pipe_->writer();
}

void SyncChannel::SetTables(std::vector<dumps::TableInfo> tables) {
  const std::lock_guard lock(mutex_);
  contents_.tables = std::move(tables);
}

void SyncChannel::SourceEnded(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  source_ended_ = true;
  if (!status.ok()) {
    Fail(status);
  } else if (pipe_ == nullptr) {
    Fail(errs::InternalError(kOp, "the source has written nothing"));
  } else if (const absl::Status finished = pipe_->writer().Finish(); !finished.ok()) {
    Fail(finished);
  }
  changed_.notify_all();
}

absl::StatusOr<base::Reader*> SyncChannel::Next() {
  std::unique_lock lock(mutex_);
  Await(lock, [this] { return !first_.ok() || (pipe_ != nullptr && !taken_ && !restarting_); });
  RETURN_IF_ERROR(first_);
  RETURN_IF_ERROR(errs::WithOp(context_.Check(), kOp));
  taken_ = true;
  return &pipe_->reader();
}

bool SyncChannel::TargetEnded(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  if (restarting_ && !status.ok()) {
    pipe_.reset();
    taken_ = false;
    changed_.notify_all();
    return true;
  }
  target_ended_ = true;
  if (!status.ok()) {
    Fail(status);
  } else if (!source_ended_) {
    Fail(errs::InternalError(kOp, "the target has ended before its source"));
  }
  changed_.notify_all();
  return false;
}

int SyncChannel::fill() const {
  const std::lock_guard lock(mutex_);
  return pipe_ == nullptr ? 0 : static_cast<int>(pipe_->fill() * 100 / capacity_);
}

absl::Status SyncChannel::status() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

dumps::Contents SyncChannel::contents() const {
  const std::lock_guard lock(mutex_);
  return contents_;
}

}  // namespace siphon::app
