// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_STATUS_H_
#define SIPHON_APP_STATUS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/health.h"
#include "siphon/domain/dumps/metrics.h"

namespace siphon::app {

struct StatusRequest {
  // The names of profiles, or database URLs. Empty: the profiles of the configuration or, without
  // any, those that have dumps.
  std::vector<std::string> profiles;
  absl::Duration max_age = absl::Hours(26);
};

struct StatusResult {
  std::vector<dumps::ProfileReport> profiles;  // In the order of the request, else by name.
  std::vector<std::string> corrupt;            // Ids of dumps without a readable sidecar.
  dumps::Health health = dumps::Health::kOk;   // The worst; a corrupt dump is a warning.
};

// Judges the dumps of each profile (dumps::JudgeDumps()). Connects to no database. errs::kNotFound
// for a profile that neither the configuration nor the catalogue knows, and if there is none.
absl::StatusOr<StatusResult> Status(const base::Context& context, Session& session,
                                    const StatusRequest& request);

// Writes the result to `path` for Prometheus (dumps::MetricsText()), under a temporary name first.
// The file is readable by everybody.
absl::Status WriteMetrics(const StatusResult& result, const std::string& path);

}  // namespace siphon::app

#endif  // SIPHON_APP_STATUS_H_
