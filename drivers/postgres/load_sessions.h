// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_LOAD_SESSIONS_H_
#define DRIVERS_POSTGRES_LOAD_SESSIONS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// Sessions in one database for several workers.
class LoadSessions {
 public:
  // Each session begins with the statements `setup`.
  LoadSessions(Settings settings, std::string setup)
      : settings_(std::move(settings)), setup_(std::move(setup)) {}

  // Opens `wanted` sessions, or as many as the server accepts. Returns their number, at least 1.
  absl::StatusOr<int> Open(const base::Context& context, int wanted);
  // Calls `work` with a session that nobody else uses meanwhile. Opens one if all are in use; if
  // the server accepts no more, waits for one. Any thread.
  absl::Status With(const base::Context& context, absl::FunctionRef<absl::Status(Session&)> work);
  // Closes the sessions. No call of With() may run.
  void Close();

 private:
  // A session from the list, or a new one; null if the caller must wait.
  absl::StatusOr<std::unique_ptr<Session>> Take(const base::Context& context);

  const Settings settings_;
  const std::string setup_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_ ABSL_GUARDED_BY(mutex_);
  int open_ ABSL_GUARDED_BY(mutex_) = 0;  // Sessions, with those in use.
  bool refused_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_LOAD_SESSIONS_H_
