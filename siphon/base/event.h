// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_EVENT_H_
#define SIPHON_BASE_EVENT_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace siphon::base {

// The tables that are complete, and all.
struct TableCounts {
  uint64_t done = 0, total = 0;
};

// What a worker handles at present, and how much of it so far.
struct WorkerProgress {
  int number = 0;         // From 1.
  std::string part = {};  // "public.items (0,0)-(2048,0)"
  uint64_t bytes = 0, rows = 0;
};

// An event of a running verb. A verb is a tree of stages ("backup", "verify", ...).
struct Event {
  enum class Kind {
    kStarted,
    kProgress,
    kDetail,  // A message that is shown only with --verbose.
    kMessage,
    kWarning,
    kDone,
    kFailed,
    kCancelled
  };

  Kind kind = Kind::kMessage;
  std::string stage;
  std::string message;                  // Of messages and failures: one line, no secrets.
  uint64_t bytes = 0;                   // kProgress, kDone: bytes handled so far.
  std::optional<uint64_t> total_bytes;  // Known or estimated size of the whole, in bytes.
  // kProgress: fill level of the buffer between writer and reader, 0 to 100. Full: the reading side
  // is slower; empty: the writing side is.
  std::optional<int> fill_percent = std::nullopt;
  // kProgress: the table that is being read or written; empty if none is, or none is known.
  std::string table = {};
  std::chrono::nanoseconds elapsed{0};  // Since the stage started (kDone, kFailed, kCancelled).
  // kProgress, kDone.
  std::optional<TableCounts> tables = std::nullopt;
  std::optional<uint64_t> rows = std::nullopt;  // So far.
  std::vector<WorkerProgress> workers = {};     // kProgress.
  // The job of the context (Context::WithJob()), and the id of the dump that it makes or reads.
  // Empty: none, or not known yet.
  std::string job = {};
  std::string dump = {};
};

// Receives events. Emit() may be called from any thread and must not block for long.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Emit(const Event& event) = 0;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_EVENT_H_
