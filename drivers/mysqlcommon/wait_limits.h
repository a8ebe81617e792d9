// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_WAIT_LIMITS_H_
#define DRIVERS_MYSQLCOMMON_WAIT_LIMITS_H_

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

#include "siphon/base/context.h"

struct st_mysql;

namespace siphon::mysqlcommon {

// Limits how long Connector/C waits for a server. The limits apply to the calls that the
// constructing thread makes while the object exists; the latest object of a thread counts. A wait
// without such an object ends after one second.
class WaitLimits {
 public:
  enum class End { kNone, kStopped, kDeadline, kSilence };
  enum class Direction { kRead, kWrite };
  struct Rules {
    const base::Context* context = nullptr;  // Ends the wait when it stops.
    std::optional<base::Context::SteadyTime> deadline = std::nullopt;
    // After each `silence` without a byte, `goes_on` is asked whether to wait any longer.
    std::chrono::milliseconds silence{0};  // 0: no limit.
    std::function<bool(Direction)> goes_on = nullptr;
    // Called after `notice` without a byte to read, then after twice as long, and so on.
    std::chrono::milliseconds notice{0};
    std::function<void()> on_notice = nullptr;
    std::stop_token hurry = {};  // Once a stop is requested, `silence` is 2 s at most.
    End* end = nullptr;          // Set when the rules have ended a wait.
  };

  explicit WaitLimits(Rules rules);
  ~WaitLimits();
  WaitLimits(const WaitLimits&) = delete;
  WaitLimits& operator=(const WaitLimits&) = delete;

  // Makes a connection follow the limits. Call it before mysql_real_connect().
  static void Install(st_mysql* connection);

 private:
  static int Wait(int socket, char is_read, int timeout);
  int WaitFor(int socket, Direction direction);
  bool Over();
  int Ended(End end);

  Rules rules_;
  End end_ = End::kNone;
  WaitLimits* outer_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_WAIT_LIMITS_H_
