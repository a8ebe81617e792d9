// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_RESTORE_H_
#define SIPHON_APP_RESTORE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/job/job.h"

namespace siphon::app {

struct RestoreRequest {
  std::string id;
  std::string target;  // A profile's name or a database URL; empty: the dump's
                       // own profile.
  job::RestoreOptions options;
  bool assume_yes = false;
};

struct RestoreResult {
  dumps::Sidecar sidecar;
  std::string target;  // The profile's name.
  absl::Duration elapsed;
};

// Verifies the dump to its last byte, then restores it. The target is the old
// or the new database, whole, whatever happens.
absl::StatusOr<RestoreResult> Restore(const base::Context& context, Session& session,
                                      const RestoreRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_RESTORE_H_
