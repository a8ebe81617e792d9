// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_VERIFY_H_
#define SIPHON_APP_VERIFY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::app {

struct VerifyRequest {
  std::string id;
  // Also restores into a scratch database beside the dumps, runs the engine's
  // own check on it and compares row counts with those recorded.
  bool deep = false;
};

struct VerifyResult {
  dumps::Sidecar sidecar;
  bool deep = false;
  // Tables whose rows were compared; 0 when the dump records none.
  int tables_compared = 0;
  absl::Duration elapsed;
};

// Reads the whole dump; errs::kIntegrity for anything that is not as it was
// recorded.
absl::StatusOr<VerifyResult> Verify(const base::Context& context, Session& session,
                                    const VerifyRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_VERIFY_H_
