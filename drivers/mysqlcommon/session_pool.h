// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SESSION_POOL_H_
#define DRIVERS_MYSQLCOMMON_SESSION_POOL_H_

#include <set>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// The sessions that read a snapshot. Any thread may take one and give it back.
class SessionPool {
 public:
  // Adds a session, which must outlive the pool.
  void Add(Session* session);
  // Removes all sessions; none may be taken.
  void Clear();
  // Waits until a session is free; of those in `which`, if that is not null. It is the caller's
  // until Free().
  absl::StatusOr<Session*> Take(const base::Context& context,
                                const std::set<Session*>* which = nullptr);
  void Free(Session* session);
  // Takes those of `which` that are free.
  std::vector<Session*> TakeFree(const std::set<Session*>& which);

 private:
  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::vector<Session*> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SESSION_POOL_H_
