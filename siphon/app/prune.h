// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_PRUNE_H_
#define SIPHON_APP_PRUNE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/retention.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::app {

struct PruneRequest {
  // The name of a profile, or a database URL; empty: the dumps of every profile of the
  // configuration, and those of database URLs.
  std::string profile;
  // Unset: the rules of the profile in the configuration, else those of its defaults.
  std::optional<dumps::Retention> rules;
  std::optional<int> size_guard = std::nullopt;  // Instead of that of the rules.
  bool apply = false;                            // Remove the dumps; else only say which.
};

struct PrunedDump {
  dumps::Sidecar sidecar;
  dumps::Verdict verdict;
  absl::Status removed;  // Why the dump could not be removed; OK otherwise.
};

struct PruneResult {
  std::vector<PrunedDump> dumps;  // All of the chosen profiles, newest first.
  bool has_rules = false;         // At least one of the profiles has rules.
  // The profiles whose rules would remove all their dumps. All dumps of these profiles stay.
  std::vector<std::string> refused = {};
};

// Applies the rules to the dumps of each profile on its own (dumps::ApplyRetention()). The removal
// of a dump that fails does not prevent that of others. Warns of dumps that only the size guard
// keeps.
absl::StatusOr<PruneResult> Prune(const base::Context& context, Session& session,
                                  const PruneRequest& request);

// The error for the part of the work that was not done: dumps that could not be removed, and, if
// `apply`, profiles of PruneResult::refused. OK if there is none.
absl::Status PruneOutcome(const PruneResult& result, bool apply);

}  // namespace siphon::app

#endif  // SIPHON_APP_PRUNE_H_
