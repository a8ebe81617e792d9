// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_WAITER_H_
#define DRIVERS_POSTGRES_WAITER_H_

#include <stop_token>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"

namespace siphon::postgres {

// Waits for a socket as long as a context lets it.
class Waiter {
 public:
  explicit Waiter(const base::Context& context);

  // True when one of `events` (POLLIN, POLLOUT) can be met on `fd`, false when `until` has passed;
  // the context's status when it has stopped.
  absl::StatusOr<bool> Wait(int fd, short events, base::Context::SteadyTime until);

 private:
  struct Wake {
    int fd;
    void operator()() const;
  };
  base::Context context_;
  base::FileDescriptor event_;
  std::stop_callback<Wake> on_stop_;
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_WAITER_H_
