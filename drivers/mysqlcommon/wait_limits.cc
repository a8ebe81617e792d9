// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/wait_limits.h"

#include <mysql.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace siphon::mysqlcommon {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A wait looks at its context this often.
constexpr milliseconds kSlice{100};
constexpr milliseconds kHurried{2000};
constexpr milliseconds kUnlimited{1000};  // Of a wait without an object.

thread_local WaitLimits* current = nullptr;

// Waits for the socket; returns poll()'s result.
int Poll(int socket, WaitLimits::Direction direction, milliseconds limit) {
  pollfd entry = {
      .fd = socket,
      .events = static_cast<short>(direction == WaitLimits::Direction::kRead ? POLLIN : POLLOUT),
      .revents = 0};
  const int ready = poll(&entry, 1, static_cast<int>(limit.count()));
  return ready < 0 && errno == EINTR ? 0 : ready;
}

}  // namespace

WaitLimits::WaitLimits(Rules rules)
    : rules_(std::move(rules)), outer_(std::exchange(current, this)) {
  if (rules_.end != nullptr) *rules_.end = End::kNone;
}

WaitLimits::~WaitLimits() { current = outer_; }

void WaitLimits::Install(st_mysql* connection) {
  mysql_optionsv(connection, MARIADB_OPT_IO_WAIT, &WaitLimits::Wait);
}

int WaitLimits::Wait(int socket, char is_read, int timeout) {
  const Direction direction = is_read != 0 ? Direction::kRead : Direction::kWrite;
  // Connector/C's own time limits do not count; 0 asks only whether the connection may go on.
  if (current == nullptr) {
    if (timeout == 0 || Poll(socket, direction, kUnlimited) > 0) return 1;
    errno = ETIMEDOUT;
    return -1;
  }
  if (current->Over()) return -1;
  return timeout == 0 ? 1 : current->WaitFor(socket, direction);
}

int WaitLimits::WaitFor(int socket, Direction direction) {
  const Clock::time_point start = Clock::now();
  Clock::time_point heard = start;
  milliseconds notice = rules_.notice;
  while (true) {
    const int ready = Poll(socket, direction, kSlice);
    if (ready != 0) return ready;
    if (Over()) return -1;
    if (rules_.on_notice && direction == Direction::kRead && Clock::now() - start >= notice) {
      rules_.on_notice();
      notice *= 2;
    }
    const milliseconds silence = rules_.hurry.stop_requested() ? kHurried : rules_.silence;
    if (rules_.silence.count() == 0 || Clock::now() - heard < std::min(silence, rules_.silence)) {
      continue;
    }
    if (!rules_.goes_on || !rules_.goes_on(direction)) return Ended(End::kSilence);
    heard = Clock::now();
  }
}

bool WaitLimits::Over() {
  if (end_ == End::kNone && rules_.context != nullptr && rules_.context->Stopped()) {
    Ended(End::kStopped);
  } else if (end_ == End::kNone && rules_.deadline.has_value() &&
             Clock::now() >= *rules_.deadline) {
    Ended(End::kDeadline);
  }
  if (end_ != End::kNone) errno = ETIMEDOUT;
  return end_ != End::kNone;
}

int WaitLimits::Ended(End end) {
  end_ = end;
  if (rules_.end != nullptr) *rules_.end = end;
  errno = ETIMEDOUT;
  return -1;
}

}  // namespace siphon::mysqlcommon
