// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_BACKOFF_H_
#define SIPHON_DRIVER_BACKOFF_H_

#include <chrono>

#include "absl/status/status.h"
#include "siphon/base/context.h"

namespace siphon::driver {

// The pauses between attempts to connect (docs/contracts.md#connection-attempts): three attempts,
// with pauses of 100 ms, then 200 ms, each multiplied by a random factor of 0.5 to 1.5, so that
// many clients do not reconnect at the same moment.
class Backoff {
 public:
  // Call it after a failed attempt: true if another one should follow.
  bool More() { return ++tries_ < kTries; }
  // Waits until the next attempt; returns the context's status if it stops.
  absl::Status Pause(const base::Context& context);

 private:
  static constexpr int kTries = 3;
  int tries_ = 0;
  std::chrono::milliseconds pause_{100};
};

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_BACKOFF_H_
