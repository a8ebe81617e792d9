// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/after_stop.h"

#include <condition_variable>
#include <mutex>

#include "siphon/base/signals.h"

namespace siphon::base {

AfterStop::AfterStop(const Context& context, std::chrono::nanoseconds limit)
    : context_(context.WithStop(late_.get_token())) {
  const std::stop_token stop = context.stop_token();
  if (!stop.stop_possible()) return;
  timer_ = std::jthread([this, stop, limit](const std::stop_token& ended) {
    std::mutex mutex;
    std::condition_variable_any wake;
    const std::stop_callback on_stop(stop, [&] {
      const std::scoped_lock lock(mutex);
      wake.notify_all();
    });
    std::unique_lock lock(mutex);
    if (!wake.wait(lock, ended, [&] { return stop.stop_requested(); })) return;
    const auto until = SignalTime().value_or(std::chrono::steady_clock::now()) + limit;
    wake.wait_until(lock, ended, until, [] { return false; });
    lock.unlock();
    if (!ended.stop_requested()) late_.request_stop();
  });
}

AfterStop::~AfterStop() = default;

}  // namespace siphon::base
