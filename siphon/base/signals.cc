// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace siphon::base {
namespace {

std::atomic<int> received_signal{0};
// In ticks of the steady clock.
std::atomic<int64_t> received_at{0};
std::atomic<int> sigint_ignored{0};
std::atomic<int> deaf_works{0};
// When the oldest work that there is began, in ticks of the steady clock.
std::atomic<int64_t> deaf_began{0};
std::array<std::atomic<pid_t>, 64> groups{};

// How often the works are looked at after the first signal.
constexpr timespec kDeafPause{0, 100'000'000};

int64_t Ticks() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

std::chrono::steady_clock::time_point AtTicks(int64_t ticks) {
  return std::chrono::steady_clock::time_point(std::chrono::steady_clock::duration(ticks));
}

// Kills the groups of KillAtExit(), and ends the process.
[[noreturn]] void EndAtOnce(int number) {
  for (std::atomic<pid_t>& group : groups) {
    const pid_t id = group.load();
    if (id > 0) kill(-id, SIGKILL);
  }
  _exit(128 + number);
}

void OnSignal(int number, std::stop_source& stop) {
  if (number == SIGINT && sigint_ignored.load() > 0) return;
  int none = 0;
  if (received_signal.load() == 0) received_at = Ticks();
  if (received_signal.compare_exchange_strong(none, number)) {
    stop.request_stop();
    return;
  }
  EndAtOnce(number);
}

// Handles the signals of `mask` until `token` is stopped.
void WaitForSignals(const std::stop_token& token, const sigset_t& mask, std::stop_source& stop) {
  // The stop request is a signal to this thread, because a descriptor might not be available.
  const int end = SIGRTMAX;
  sigset_t waited = mask;
  sigaddset(&waited, end);
  pthread_sigmask(SIG_BLOCK, &waited, nullptr);
  const pthread_t self = pthread_self();
  const std::stop_callback on_end(token, [self, end] { pthread_kill(self, end); });
  while (!token.stop_requested()) {
    const bool stopping = received_signal.load() != 0;
    const int number =
        stopping ? sigtimedwait(&waited, nullptr, &kDeafPause) : sigwaitinfo(&waited, nullptr);
    if (number > 0 && number != end) OnSignal(number, stop);
    if (!stopping || deaf_works.load() == 0) continue;
    const auto deaf_since = AtTicks(std::max(received_at.load(), deaf_began.load()));
    if (std::chrono::steady_clock::now() - deaf_since >= kDeafLimit) EndAtOnce(received_signal);
  }
}

}  // namespace

SignalGuard::SignalGuard() {
  received_signal = 0;
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &old_pipe_);
  sigaction(SIGXFSZ, &ignore, &old_file_size_);
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGINT);
  sigaddset(&mask, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  waiter_ = std::jthread(
      [this, mask](const std::stop_token& token) { WaitForSignals(token, mask, stop_); });
}

SignalGuard::~SignalGuard() {
  waiter_.request_stop();
  waiter_.join();
  sigaction(SIGPIPE, &old_pipe_, nullptr);
  sigaction(SIGXFSZ, &old_file_size_, nullptr);
}

int ReceivedSignal() { return received_signal; }

std::optional<std::chrono::steady_clock::time_point> SignalTime() {
  if (received_signal == 0) return std::nullopt;
  return AtTicks(received_at);
}

SigintIgnored::SigintIgnored() { ++sigint_ignored; }
SigintIgnored::~SigintIgnored() { --sigint_ignored; }

DeafWork::DeafWork() {
  if (deaf_works++ == 0) deaf_began = Ticks();
}
DeafWork::~DeafWork() { --deaf_works; }

void KillAtExit(pid_t group) {
  for (std::atomic<pid_t>& slot : groups) {
    pid_t empty = 0;
    if (slot.compare_exchange_strong(empty, group)) return;
  }
}

void ForgetAtExit(pid_t group) {
  for (std::atomic<pid_t>& slot : groups) {
    pid_t expected = group;
    if (slot.compare_exchange_strong(expected, 0)) return;
  }
}

}  // namespace siphon::base
