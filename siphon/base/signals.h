// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_SIGNALS_H_
#define SIPHON_BASE_SIGNALS_H_

#include <signal.h>
#include <sys/types.h>

#include <stop_token>
#include <thread>

namespace siphon::base {

// Turns SIGINT and SIGTERM into a stop request for as long as it lives. The second signal ends the
// process at once with 130 or 143, after SIGKILL to the groups of KillAtExit(). SIGPIPE and SIGXFSZ
// are ignored, so that writing fails with EPIPE and EFBIG. Blocks SIGINT and SIGTERM in the calling
// thread, so construct it before any other thread starts; at most one may exist. They stay blocked
// after it: one that comes when the work is done must not make a success look like a failure.
class SignalGuard {
 public:
  SignalGuard();
  ~SignalGuard();
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

  std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  // What to put back.
  struct sigaction old_pipe_;
  struct sigaction old_file_size_;
  std::stop_source stop_;
  std::jthread waiter_;
};

// The signal that requested the stop: SIGINT, SIGTERM, or 0 when none has arrived.
int ReceivedSignal();

// While one lives, SIGINT is a foreground child's affair (an editor's) and requests no stop.
class SigintIgnored {
 public:
  SigintIgnored();
  ~SigintIgnored();
  SigintIgnored(const SigintIgnored&) = delete;
  SigintIgnored& operator=(const SigintIgnored&) = delete;
};

// Names a process group that must not outlive siphon when a second signal ends it; ForgetAtExit()
// before the group's leader is reaped. Of more than 64 groups at a time the rest is not noted.
void KillAtExit(pid_t group);
void ForgetAtExit(pid_t group);

}  // namespace siphon::base

#endif  // SIPHON_BASE_SIGNALS_H_
