// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_RESTORE_H_
#define SIPHON_APP_RESTORE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::app {

struct RestoreRequest {
  std::string id;
  std::string target;                   // A profile's name or a database URL; empty: the dump's
                                        // own profile.
  verbs::RestoreOptions options;        // Their attachments come from the dump.
  std::optional<profile::Tools> tools;  // In place of what the profile says.
  bool assume_yes = false;
};

struct RestoreResult {
  dumps::Sidecar sidecar;
  std::string target;   // The profile's name.
  std::string created;  // The database that was created; empty: none.
  absl::Duration elapsed;
};

// Looks at the target, verifies the dump to its last byte, then restores it. The target is the old
// or the new database, whole, whatever happens, unless the engine is told otherwise
// (several jobs, no single transaction).
absl::StatusOr<RestoreResult> Restore(const base::Context& context, Session& session,
                                      const RestoreRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_RESTORE_H_
