// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/backoff.h"

#include <random>

namespace siphon::driver {

absl::Status Backoff::Pause(const base::Context& context) {
  std::random_device device;
  const double jitter = std::uniform_real_distribution<double>(0.5, 1.5)(device);
  const std::chrono::milliseconds pause = pause_;
  pause_ *= 2;
  return context.Sleep(std::chrono::duration_cast<std::chrono::nanoseconds>(pause * jitter));
}

}  // namespace siphon::driver
