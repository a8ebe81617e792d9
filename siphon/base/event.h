// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_EVENT_H_
#define SIPHON_BASE_EVENT_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace siphon::base {

// One thing that happened during a job. A job is a tree of stages ("backup", "verify", ...).
struct Event {
  enum class Kind { kStarted, kProgress, kMessage, kWarning, kDone, kFailed, kCancelled };

  Kind kind = Kind::kMessage;
  std::string stage;
  std::string message;                  // kMessage, kWarning, kFailed: one line, no secrets.
  uint64_t bytes = 0;                   // kProgress, kDone: bytes handled so far.
  std::optional<uint64_t> total_bytes;  // Known or estimated size of the whole, in bytes.
  // kProgress: how full the buffer between two sides is, 0 to 100. Full: the far side is the slow
  // one; empty: the near one.
  std::optional<int> fill_percent = std::nullopt;
  std::chrono::nanoseconds elapsed{0};  // Since the stage started (kDone, kFailed, kCancelled).
};

// Receives events. Emit() may be called from any thread and must not block for long.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Emit(const Event& event) = 0;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_EVENT_H_
