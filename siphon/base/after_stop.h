// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AFTER_STOP_H_
#define SIPHON_BASE_AFTER_STOP_H_

#include <chrono>
#include <stop_token>
#include <thread>

#include "siphon/base/context.h"

namespace siphon::base {

// How long work goes on after a stop. A driver may need three more seconds to cancel a statement.
inline constexpr std::chrono::seconds kAfterStop{8};

// The context of work that a stop must not leave undone (a commit, the release of a lock): it
// stops `limit` after the stop of `context` arrives, so that a silent server cannot hold siphon.
// The time counts from the signal if one requested the stop. Its thread waits while it exists.
class AfterStop {
 public:
  explicit AfterStop(const Context& context, std::chrono::nanoseconds limit = kAfterStop);
  ~AfterStop();
  AfterStop(const AfterStop&) = delete;
  AfterStop& operator=(const AfterStop&) = delete;

  const Context& context() const { return context_; }

 private:
  std::stop_source late_;
  Context context_;
  std::jthread timer_;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_AFTER_STOP_H_
