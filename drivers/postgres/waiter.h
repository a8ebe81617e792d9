// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_WAITER_H_
#define DRIVERS_POSTGRES_WAITER_H_

#include <stop_token>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"

namespace siphon::postgres {

// Waits for a socket until a context stops.
class Waiter {
 public:
  explicit Waiter(const base::Context& context);

  // True if `fd` is ready for one of `events` (POLLIN, POLLOUT), false if `until` has passed; the
  // context's status if the context has stopped.
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
