// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_VERIFY_H_
#define SIPHON_APP_VERIFY_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::app {

struct VerifyRequest {
  std::string id;
  // Also reads the body as its engine would, every row and block, and compares row counts with
  // those recorded.
  bool deep = false;
  // A profile's name or a database URL: also restores into a scratch database on that server and
  // compares row counts and the engine's checksums (BackupOptions::checksums). Empty: not.
  std::string restore_on;
  std::optional<profile::Tools> tools;  // In place of what the configuration says.
};

struct VerifyResult {
  dumps::Sidecar sidecar;
  bool deep = false;
  std::string deep_summary;  // What the engine did, for people.
  std::string restored_on;   // The profile's name; empty: not restored.
  // Tables whose rows were compared; 0 when the dump records none.
  int tables_compared = 0;
  // Tables whose checksums by the engine were compared, too; 0 when the dump records none, or none
  // that this server makes in the same way.
  int checksums_compared = 0;
  absl::Duration elapsed;
};

// Reads the whole dump; errs::kIntegrity for anything that is not as it was
// recorded.
absl::StatusOr<VerifyResult> Verify(const base::Context& context, Session& session,
                                    const VerifyRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_VERIFY_H_
