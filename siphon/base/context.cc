// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/context.h"

#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "errs/error.h"
#include "siphon/base/signals.h"

namespace siphon::base {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{100};

using Clock = std::chrono::steady_clock;

absl::Status Cancelled(std::string_view detail) {
  return errs::MakeStatus({.op = "",
                           .code = errs::Code::kCancelled,
                           .cause = errs::kCancelled,
                           .detail = std::string(detail),
                           .hint = ""});
}

}  // namespace

Context Context::WithDeadline(SteadyTime deadline) const {
  Context context = *this;
  context.deadline_ = deadline;
  return context;
}

Context Context::WithStop(std::stop_token stop) const {
  Context context = *this;
  context.stop_ = std::move(stop);
  return context;
}

struct Context::Job {
  explicit Job(std::string job) : name(std::move(job)) {}
  const std::string name;
  absl::Mutex mutex;
  std::string dump ABSL_GUARDED_BY(mutex);
};

Context Context::WithJob(std::string name) const {
  Context context = *this;
  context.job_ = std::make_shared<Job>(std::move(name));
  return context;
}

void Context::SetDump(std::string_view id) const {
  if (job_ == nullptr) return;
  const absl::MutexLock lock(&job_->mutex);
  job_->dump = std::string(id);
}

void Context::Emit(const Event& event) const {
  if (sink_ == nullptr) return;
  if (job_ == nullptr) {
    sink_->Emit(event);
    return;
  }
  Event of_job = event;
  of_job.job = job_->name;
  {
    const absl::MutexLock lock(&job_->mutex);
    of_job.dump = job_->dump;
  }
  sink_->Emit(of_job);
}

absl::Status Context::Check() const {
  if (stop_.stop_requested()) {
    if (ReceivedSignal() != SIGTERM) return Cancelled("");
    return errs::MakeStatus({.op = "",
                             .code = errs::Code::kTerminated,
                             .cause = errs::kTerminated,
                             .detail = "",
                             .hint = ""});
  }
  if (deadline_.has_value() && Clock::now() >= *deadline_) return Cancelled("deadline exceeded");
  return absl::OkStatus();
}

absl::Status Context::Sleep(std::chrono::nanoseconds duration) const {
  const SteadyTime now = Clock::now();
  SteadyTime until = duration < SteadyTime::max() - now ? now + duration : SteadyTime::max();
  if (deadline_.has_value()) until = std::min(until, *deadline_);
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_until(lock, stop_, until, [] { return false; });
  return Check();
}

void Context::Say(Event::Kind kind, std::string_view stage, std::string_view text) const {
  Event event;
  event.kind = kind;
  event.stage = std::string(stage);
  event.message = std::string(text);
  Emit(event);
}

void Context::Message(std::string_view stage, std::string_view text) const {
  Say(Event::Kind::kMessage, stage, text);
}

void Context::Detail(std::string_view stage, std::string_view text) const {
  Say(Event::Kind::kDetail, stage, text);
}

void Context::Warn(std::string_view stage, std::string_view text) const {
  Say(Event::Kind::kWarning, stage, text);
}

Stage::Stage(const Context& context, std::string_view name)
    : context_(context), name_(name), started_(Clock::now()), last_emit_(started_) {
  context_.Emit(MakeEvent(Event::Kind::kStarted));
}

Stage::~Stage() {
  if (finished_) return;
  const absl::Status stopped = context_.Check();
  Finish(stopped.ok() ? errs::InternalError(name_, "ended without a result") : stopped)
      .IgnoreError();
}

Event Stage::MakeEvent(Event::Kind kind) const {
  Event event;
  event.kind = kind;
  event.stage = name_;
  event.bytes = bytes_;
  event.total_bytes = total_;
  if (kind == Event::Kind::kProgress) {
    event.fill_percent = fill_;
    event.table = table_;
  }
  event.tables = tables_;
  event.rows = rows_;
  event.elapsed = Clock::now() - started_;
  return event;
}

void Stage::SetTotal(uint64_t bytes) { total_ = bytes; }

void Stage::SetFill(int percent) { fill_ = std::clamp(percent, 0, 100); }

void Stage::SetTable(std::string_view name) { table_ = std::string(name); }

void Stage::SetCounts(TableCounts tables, uint64_t rows) {
  tables_ = tables;
  rows_ = rows;
}

void Stage::Progress(uint64_t bytes, Completer complete) {
  bytes_ = bytes;
  const Context::SteadyTime now = Clock::now();
  if (now - last_emit_ < kProgressInterval) return;
  last_emit_ = now;
  Event event = MakeEvent(Event::Kind::kProgress);
  complete(event);
  context_.Emit(event);
}

absl::Status Stage::Finish(absl::Status status) {
  if (finished_) return status;
  finished_ = true;
  Event event = MakeEvent(Event::Kind::kDone);
  if (errs::Is(status, errs::kCancelled) || errs::Is(status, errs::kTerminated)) {
    event.kind = Event::Kind::kCancelled;
  } else if (!status.ok()) {
    event.kind = Event::Kind::kFailed;
    event.message = std::string(status.message());
    std::replace(event.message.begin(), event.message.end(), '\n', ' ');
  }
  context_.Emit(event);
  return status;
}

}  // namespace siphon::base
