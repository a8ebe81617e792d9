// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_SIGNALS_H_
#define SIPHON_BASE_SIGNALS_H_

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <stop_token>
#include <thread>

namespace siphon::base {

// While it exists, SIGINT and SIGTERM request a stop. The second signal kills the process groups of
// KillAtExit() and ends the process at once with 130 or 143. SIGPIPE and SIGXFSZ are ignored, so
// that writes fail with EPIPE and EFBIG. It blocks SIGINT and SIGTERM in the calling thread, so
// construct it before other threads start. At most one may exist. Its destructor leaves both
// signals blocked: a signal after the work is done must not turn a success into a failure.
class SignalGuard {
 public:
  SignalGuard();
  ~SignalGuard();
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

  std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  // The handlers to restore.
  struct sigaction old_pipe_;
  struct sigaction old_file_size_;
  std::stop_source stop_;
  std::jthread waiter_;
};

// The signal that requested the stop: SIGINT or SIGTERM; 0 if none has arrived.
int ReceivedSignal();

// When it arrived.
std::optional<std::chrono::steady_clock::time_point> SignalTime();

// While one exists, SIGINT requests no stop, because a foreground child (an editor) handles it.
class SigintIgnored {
 public:
  SigintIgnored();
  ~SigintIgnored();
  SigintIgnored(const SigintIgnored&) = delete;
  SigintIgnored& operator=(const SigintIgnored&) = delete;
};

// Marks work that may not notice a stop, because it is within one long step of a library, and that
// leaves nothing that a second signal would not leave. If one exists for three seconds after the
// signal, siphon ends as with a second signal.
class DeafWork {
 public:
  DeafWork();
  ~DeafWork();
  DeafWork(const DeafWork&) = delete;
  DeafWork& operator=(const DeafWork&) = delete;
};
inline constexpr std::chrono::seconds kDeafLimit{3};

// Registers a process group to be killed when a second signal ends siphon. Call ForgetAtExit()
// before reaping the leader of the group. At most 64 groups are registered at a time; further ones
// are ignored.
void KillAtExit(pid_t group);
void ForgetAtExit(pid_t group);

}  // namespace siphon::base

#endif  // SIPHON_BASE_SIGNALS_H_
