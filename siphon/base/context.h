// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_CONTEXT_H_
#define SIPHON_BASE_CONTEXT_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "siphon/base/event.h"

namespace siphon::base {

// What a verb runs in: a stop token, a deadline and the event sink. A cheap value; copy it.
// Every loop, wait and child process of siphon looks at Check() or the token.
class Context {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // Never stops, has no deadline, drops its events.
  Context() = default;
  // `sink` may be null; it must outlive the context.
  Context(std::stop_token stop, EventSink* sink) : stop_(std::move(stop)), sink_(sink) {}

  // The same with another deadline or stop token, in place of its own.
  Context WithDeadline(SteadyTime deadline) const;
  Context WithStop(std::stop_token stop) const;

  // OK, or errs::kCancelled / errs::kTerminated (whichever signal asked for the stop; see
  // signals.h) / errs::kCancelled with "deadline exceeded".
  absl::Status Check() const;
  bool Stopped() const { return !Check().ok(); }

  // Sleeps until `duration` has passed or the context stops; returns Check().
  absl::Status Sleep(std::chrono::nanoseconds duration) const;

  const std::stop_token& stop_token() const { return stop_; }
  std::optional<SteadyTime> deadline() const { return deadline_; }

  void Emit(const Event& event) const {
    if (sink_ != nullptr) sink_->Emit(event);
  }
  void Message(std::string_view stage, std::string_view text) const;
  void Warn(std::string_view stage, std::string_view text) const;

 private:
  std::stop_token stop_;
  std::optional<SteadyTime> deadline_;
  EventSink* sink_ = nullptr;
};

// Emits kStarted when made and kDone, kFailed or kCancelled by Finish(status); a stage that is
// destroyed without Finish() counts as failed, or as cancelled when the context has stopped.
// Progress() emits at most ten times a second. For one thread at a time.
class Stage {
 public:
  Stage(const Context& context, std::string_view name);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // The known or estimated size of the whole.
  void SetTotal(uint64_t bytes);
  // How full the buffer between the two sides is, in percent; told with the next Progress().
  void SetFill(int percent);
  // `bytes` handled since the stage began (not since the last call).
  void Progress(uint64_t bytes);
  // Returns `status` unchanged.
  absl::Status Finish(absl::Status status);

 private:
  Context context_;
  std::string name_;
  Context::SteadyTime started_;
  Context::SteadyTime last_emit_;
  uint64_t bytes_ = 0;
  std::optional<uint64_t> total_;
  std::optional<int> fill_;
  bool finished_ = false;

  Event MakeEvent(Event::Kind kind) const;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_CONTEXT_H_
