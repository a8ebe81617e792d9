// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_RETENTION_H_
#define SIPHON_DOMAIN_DUMPS_RETENTION_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {

// Rules for keeping dumps (docs/contracts.md#configuration). A dump stays if any rule keeps it. 0
// and unset mean no rule.
struct Retention {
  int keep_last = 0;
  std::optional<absl::Duration> max_age = std::nullopt;
  // The newest dump of each of the last days, ISO weeks and months that have one.
  int gfs_daily = 0;
  int gfs_weekly = 0;
  int gfs_monthly = 0;

  bool empty() const { return *this == Retention(); }
  friend bool operator==(const Retention&, const Retention&) = default;
};

struct Verdict {
  std::string id;
  bool keep = false;
  std::string reason;  // For people: "among the last 7", "older than every rule keeps".
};

// Applies the rules to the dumps of one profile. Returns one verdict for each dump, in their order;
// without rules all are kept. Days, weeks and months are those of UTC.
//
// * A dump and its incrementals are a chain: it is as old as its newest member, and is kept or
//   removed as a whole. A chain without its first dump is kept.
// * Full, partial and imported dumps and those of an unknown kind are counted apart, so a partial
//   dump never takes the place of a full one. So are dumps whose ids are in `damaged`, so they
//   never push out a good one.
// * The newest full dump stays, and so does a newer one that may be full (imported, unknown).
// Damaged
//   dumps do not count for this rule.
std::vector<Verdict> ApplyRetention(absl::Span<const Sidecar> newest_first,
                                    const std::set<std::string>& damaged, const Retention& rules,
                                    absl::Time now);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_RETENTION_H_
