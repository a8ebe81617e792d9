// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_METRICS_H_
#define SIPHON_DOMAIN_DUMPS_METRICS_H_

#include <cstddef>
#include <string>

#include "absl/types/span.h"
#include "siphon/domain/dumps/health.h"

namespace siphon::dumps {

struct ProfileReport {
  std::string profile;
  Report report;
};

// The reports in Prometheus' text format, for the textfile collector of node_exporter
// (docs/dumps.md#metrics). A time that does not exist is 0, so that an alert on its age fires for a
// profile that was never backed up. `corrupt` is the number of dumps without a readable sidecar.
std::string MetricsText(absl::Span<const ProfileReport> reports, size_t corrupt);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_METRICS_H_
