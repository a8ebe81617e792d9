// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_CONTEXT_H_
#define SIPHON_BASE_CONTEXT_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "siphon/base/event.h"

namespace siphon::base {

// The context of a running verb: stop token, deadline and event sink. It is cheap to copy. Every
// loop, wait and child process of siphon observes Check() or the token.
class Context {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // A context that never stops, has no deadline and drops events.
  Context() = default;
  // `sink` may be null; it must outlive the context.
  Context(std::stop_token stop, EventSink* sink) : stop_(std::move(stop)), sink_(sink) {}

  // A copy with another deadline or stop token.
  Context WithDeadline(SteadyTime deadline) const;
  Context WithStop(std::stop_token stop) const;
  // A copy for a job of its own, "backup prod": its events carry the name. Without secrets.
  Context WithJob(std::string name) const;
  // The dump that the job makes or reads, for all later events of the job. Any thread may call it.
  // Has no effect without a job.
  void SetDump(std::string_view id) const;

  // OK; or errs::kCancelled after SIGINT, errs::kTerminated after SIGTERM (see signals.h); or
  // errs::kCancelled with "deadline exceeded".
  absl::Status Check() const;
  bool Stopped() const { return !Check().ok(); }

  // Sleeps for `duration`, or until the context stops. Returns Check().
  absl::Status Sleep(std::chrono::nanoseconds duration) const;

  const std::stop_token& stop_token() const { return stop_; }
  std::optional<SteadyTime> deadline() const { return deadline_; }

  void Emit(const Event& event) const;
  void Message(std::string_view stage, std::string_view text) const;
  // Like Message(), but shown only with --verbose: a line for each table, the steps of a lock.
  void Detail(std::string_view stage, std::string_view text) const;
  void Warn(std::string_view stage, std::string_view text) const;

 private:
  struct Job;

  void Say(Event::Kind kind, std::string_view stage, std::string_view text) const;

  std::stop_token stop_;
  std::optional<SteadyTime> deadline_;
  EventSink* sink_ = nullptr;
  std::shared_ptr<Job> job_;  // Shared by all copies for one job; null without one.
};

// A part of a verb, for progress events. The constructor emits kStarted, and Finish(status) emits
// kDone, kFailed or kCancelled. A destructor without Finish() emits kFailed, or kCancelled if the
// context has stopped. Progress() emits at most ten events a second. Not thread-safe.
class Stage {
 public:
  Stage(const Context& context, std::string_view name);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // The known or estimated total size, in bytes.
  void SetTotal(uint64_t bytes);
  // The fill level of the buffer between reader and writer, in percent, for the next Progress().
  void SetFill(int percent);
  // The table that is being read or written, for the next Progress(); empty: none.
  void SetTable(std::string_view name);
  // The tables and rows for later events.
  void SetCounts(TableCounts tables, uint64_t rows);
  // `bytes` is the number of bytes since the stage began, not since the last call. `complete` adds
  // to an event; it is called only if there is one.
  using Completer = absl::FunctionRef<void(Event& event)>;
  void Progress(uint64_t bytes, Completer complete);
  void Progress(uint64_t bytes) {
    Progress(bytes, [](Event&) {});
  }
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
  std::string table_;
  std::optional<TableCounts> tables_;
  std::optional<uint64_t> rows_;
  bool finished_ = false;

  Event MakeEvent(Event::Kind kind) const;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_CONTEXT_H_
