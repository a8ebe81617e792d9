// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/session_pool.h"

#include <algorithm>
#include <chrono>
#include <stop_token>

#include "absl/time/time.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {

void SessionPool::Add(Session* session) { Free(session); }

void SessionPool::Clear() {
  const absl::MutexLock lock(&mutex_);
  free_.clear();
}

absl::StatusOr<Session*> SessionPool::Take(const base::Context& context,
                                           const std::set<Session*>* which) {
  // Before the lock, and so destroyed after it: the callback takes the lock.
  const std::stop_callback wake(context.stop_token(), [this] {
    const absl::MutexLock lock(&mutex_);
    changed_.SignalAll();
  });
  const absl::MutexLock lock(&mutex_);
  while (true) {
    const auto found = std::find_if(free_.begin(), free_.end(), [&](Session* session) {
      return which == nullptr || which->contains(session);
    });
    if (found != free_.end()) {
      Session* const session = *found;
      free_.erase(found);
      return session;
    }
    RETURN_IF_ERROR(context.Check());
    if (context.deadline().has_value()) {
      const auto left = *context.deadline() - std::chrono::steady_clock::now();
      changed_.WaitWithTimeout(&mutex_, std::max(absl::FromChrono(left), absl::ZeroDuration()));
    } else {
      changed_.Wait(&mutex_);
    }
  }
}

void SessionPool::Free(Session* session) {
  const absl::MutexLock lock(&mutex_);
  free_.push_back(session);
  changed_.SignalAll();
}

std::vector<Session*> SessionPool::TakeFree(const std::set<Session*>& which) {
  const absl::MutexLock lock(&mutex_);
  std::vector<Session*> taken;
  std::erase_if(free_, [&](Session* session) {
    const bool take = which.contains(session);
    if (take) taken.push_back(session);
    return take;
  });
  return taken;
}

}  // namespace siphon::mysqlcommon
