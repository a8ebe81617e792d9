// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_HEALTH_H_
#define SIPHON_DOMAIN_DUMPS_HEALTH_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {

// The states of a monitor's check, with its exit codes.
enum class Health { kOk = 0, kWarning = 1, kCritical = 2 };
// "ok", "warning", "critical".
std::string_view HealthName(Health health);

// How well the dumps of one profile protect its database.
struct Report {
  Health health = Health::kOk;
  std::string reason = {};  // For people; empty if all is well.
  // The newest full dump that did not fail its last verification.
  std::optional<Sidecar> last_full = std::nullopt;
  // The newest passed verification of a full dump, and its id.
  std::optional<Verified> last_verified = std::nullopt;
  std::string last_verified_id = {};
  size_t dumps = 0;        // Of every kind.
  absl::Time oldest = {};  // The time of the oldest of these.
};

// Judges the dumps of one profile, newest first. `notes` are those of Listing::notes.
//
// * critical: there is no full dump, none without a known fault, or the newest one of these is
// older
//   than `max_age`;
// * warning: a newer full dump did not pass its last verification.
//
// Only a dump that records that it is full counts.
Report JudgeDumps(absl::Span<const Sidecar> newest_first, const std::map<std::string, Notes>& notes,
                  absl::Duration max_age, absl::Time now);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_HEALTH_H_
