// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_SIGNALS_H_
#define SIPHON_BASE_SIGNALS_H_

#include <stop_token>
#include <thread>

namespace siphon::base {

// Turns SIGINT and SIGTERM into a stop request for as long as it lives. The second signal ends the
// process at once with 130 or 143. SIGPIPE is ignored. Blocks the signals in the calling thread,
// so construct it before any other thread starts; at most one may exist.
class SignalGuard {
 public:
  SignalGuard();
  ~SignalGuard();
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

  std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread waiter_;
};

// The signal that requested the stop: SIGINT, SIGTERM, or 0 when none has arrived.
int ReceivedSignal();

}  // namespace siphon::base

#endif  // SIPHON_BASE_SIGNALS_H_
