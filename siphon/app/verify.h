// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_VERIFY_H_
#define SIPHON_APP_VERIFY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/selector.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::app {

struct VerifyRequest {
  dumps::Selector dump;  // See FindDump().
  // Also read all rows and blocks of the body as its engine would, and compare the numbers of rows
  // with the records.
  bool deep = false;
  // Also restore into a scratch database on this server (the name of a profile, or a database URL),
  // and compare the numbers of rows and the engine's checksums (BackupOptions::checksums). May be
  // empty.
  std::string restore_on;
  // For `restore_on`: run the code of the dump with the user's rights.
  bool trust = false;
  std::optional<profile::Tools> tools;  // Overrides the configuration.
  // Notify of this verification. False where it is a part of a larger job, which has its own
  // notice.
  bool notify = true;
};

// How much of the dump such a verification reads.
dumps::Depth DepthOf(const VerifyRequest& request);

struct VerifyResult {
  dumps::Sidecar sidecar;
  bool deep = false;
  std::string deep_summary;  // The checks of the engine, for people.
  std::string restored_on;   // The name of the profile; empty if not restored.
  // The number of tables whose rows were compared; 0 if the dump has no records.
  int tables_compared = 0;
  // The number of tables whose checksums were compared; 0 if the dump has none, or if this server
  // computes them in another way.
  int checksums_compared = 0;
  // What could not be restored into the scratch database without a superuser's rights, for people.
  std::vector<std::string> left_out;
  absl::Duration elapsed;
};

// Verifies a whole dump; errs::kIntegrity for any difference from its records. The notes of the
// dump record the result, if the catalogue can be written.
absl::StatusOr<VerifyResult> Verify(const base::Context& context, Session& session,
                                    const VerifyRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_VERIFY_H_
