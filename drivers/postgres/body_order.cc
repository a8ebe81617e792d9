// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/body_order.h"

#include <algorithm>
#include <chrono>
#include <stop_token>

#include "absl/time/time.h"
#include "errs/status_macros.h"

namespace siphon::postgres {

void BodyOrder::Give(Place place) {
  const absl::MutexLock lock(&mutex_);
  given_.insert(place);
}

void BodyOrder::End(Place place) {
  const absl::MutexLock lock(&mutex_);
  given_.erase(place);
  changed_.SignalAll();
}

bool BodyOrder::IsFirst(Place place) const {
  const absl::MutexLock lock(&mutex_);
  return !given_.empty() && *given_.begin() == place;
}

absl::Status BodyOrder::AwaitFirst(const base::Context& context, Place place) {
  // Before the lock, and so destroyed after it: the callback takes the lock.
  const std::stop_callback wake(context.stop_token(), [this] { Wake(); });
  const absl::MutexLock lock(&mutex_);
  while (true) {
    RETURN_IF_ERROR(context.Check());
    if (given_.empty() || *given_.begin() >= place) return absl::OkStatus();
    if (context.deadline().has_value()) {
      const auto left = *context.deadline() - std::chrono::steady_clock::now();
      changed_.WaitWithTimeout(&mutex_, std::max(absl::FromChrono(left), absl::ZeroDuration()));
    } else {
      changed_.Wait(&mutex_);
    }
  }
}

void BodyOrder::Wake() {
  const absl::MutexLock lock(&mutex_);
  changed_.SignalAll();
}

}  // namespace siphon::postgres
