// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/waiter.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// The limit of one poll(), so that no conversion overflows.
constexpr milliseconds kLongestPoll{60'000};
// The limit of one poll() if no descriptor signals a stop.
constexpr milliseconds kBlindPoll{50};

}  // namespace

void Waiter::Wake::operator()() const {
  if (fd >= 0) eventfd_write(fd, 1);
}

Waiter::Waiter(const base::Context& context)
    : context_(context),
      event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      on_stop_(context.stop_token(), Wake{event_.get()}) {}

absl::StatusOr<bool> Waiter::Wait(int fd, short events, base::Context::SteadyTime until) {
  while (true) {
    RETURN_IF_ERROR(context_.Check());
    const Clock::time_point now = Clock::now();
    // Before poll(), because a server that never stops sending is always ready.
    if (until < now) return false;
    const Clock::time_point wake = std::min(until, context_.deadline().value_or(until));
    milliseconds timeout = event_.valid() ? kLongestPoll : kBlindPoll;
    if (wake <= now) {
      timeout = milliseconds(0);
    } else if (wake - now < timeout) {
      timeout = std::chrono::ceil<milliseconds>(wake - now);
    }
    // poll() ignores negative descriptors.
    pollfd waits[] = {{fd, events, 0}, {event_.get(), POLLIN, 0}};
    const int count = poll(waits, 2, static_cast<int>(timeout.count()));
    if (count < 0 && errno != EINTR) {
      return errs::ErrnoError("postgres", "cannot wait for the server", errno);
    }
    if (count > 0 && waits[0].revents != 0) return true;
    if (until <= Clock::now()) return false;
  }
}

}  // namespace siphon::postgres
