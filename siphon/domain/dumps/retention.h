// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_RETENTION_H_
#define SIPHON_DOMAIN_DUMPS_RETENTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "siphon/domain/dumps/scope.h"

namespace siphon::dumps {

// Which part of the size of a dump, in percent, a newer one must have to take its place.
inline constexpr int kDefaultSizeGuard = 50;
// The size guard does not protect dumps smaller than this, in bytes: the size of a small database
// is mostly that of its pages.
inline constexpr uint64_t kSmallestGuarded = uint64_t{1} << 20;

// Rules for keeping dumps (docs/retention.md). A dump stays if any rule keeps it. 0 and unset mean
// no rule.
struct Retention {
  int keep_last = 0;
  std::optional<absl::Duration> max_age = std::nullopt;
  // The newest dump of each of the last days, ISO weeks and months that have one.
  int gfs_daily = 0;
  int gfs_weekly = 0;
  int gfs_monthly = 0;
  int gfs_hourly = 0;
  int gfs_yearly = 0;
  // Dumps at most this much older than the newest one.
  std::optional<absl::Duration> keep_within = std::nullopt;
  // In percent, at most 100; 0: no guard; unset: kDefaultSizeGuard. It protects dumps from the
  // other rules, and is no rule of its own.
  std::optional<int> size_guard = std::nullopt;

  // True if there are no rules.
  bool empty() const {
    Retention rules = *this;
    rules.size_guard = std::nullopt;
    return rules == Retention();
  }
  friend bool operator==(const Retention&, const Retention&) = default;
};

// The last verification of a dump.
enum class Check {
  kNone,  // It was never verified.
  kPassed,
  kFailed,
  kUnreadable,  // The notes of the dump cannot be read. It may also be pinned.
};

// The facts about a dump that retention depends on.
struct Candidate {
  std::string id;
  // As in the sidecar: empty for a full dump.
  std::string base_id = {}, parent_id = {};
  absl::Time created;
  Kind kind = Kind::kUnknown;
  uint64_t size_bytes = 0;
  Check check = Check::kNone;
  // The pin that is in force, for people: "pinned until 2027-01-01T00:00:00Z"; empty: none.
  std::string pin = {};
  // The store does not let go of the dump before; absl::InfiniteFuture(): without an end.
  std::optional<absl::Time> locked_until = std::nullopt;
  // A dump of another profile that needs this one; empty: none.
  std::string needed_by = {};
};

// Why a dump stays.
struct Reason {
  // For programs; docs/retention.md#reasons lists them: "keep_last", "pin".
  std::string_view rule;
  std::string text;  // For people: "among the last 7".
  friend bool operator==(const Reason&, const Reason&) = default;
};

// Values of Reason::rule: the dump stays only because all dumps of the profile would go; because
// no newer one that stays has enough of its size.
inline constexpr std::string_view kRemovesAll = "removes_all";
inline constexpr std::string_view kSizeGuard = "size_guard";

struct Verdict {
  std::string id;
  std::vector<Reason> reasons = {};  // All that apply; none for a dump to remove.

  bool keep() const { return !reasons.empty(); }
  // The most important reason, for people: "among the last 7", "no rule keeps it".
  std::string_view reason() const;
  // True if the rules would remove every dump, and therefore remove none.
  bool refused() const { return keep() && reasons.front().rule == kRemovesAll; }
};

// Applies the rules to the dumps of one profile, which may have any order. Returns one verdict for
// each dump, in their order; without rules all are kept. The result depends on nothing else. Hours,
// days, weeks, months and years are those of UTC. Of two dumps of the same time the one with the
// smaller id counts as the newer one, as in Listing::dumps.
//
// * A dump and its incrementals are a chain: it is as old as its newest member, and is kept or
//   removed as a whole. A chain with a missing member is kept, and does not count for the rules.
// * Dumps that are newer than `now`, and those with unreadable notes, are kept and do not count.
// * Full, partial and imported dumps and those of an unknown kind are counted apart, so a partial
//   dump never takes the place of a full one. So are dumps that failed their last verification, so
//   they never push out a good one.
// * A generation with fewer periods than its number also keeps the oldest dump.
// * The newest full dump stays, and so does a newer one that may be full (imported, unknown).
//   So does the newest full dump that passed its last verification. Those that failed it do not
//   count here.
// * Pinned and locked dumps and those that other profiles need stay. They count like others.
// * A dump stays while no newer dump of its kind that stays has size_guard percent of its size.
//   Partial and failed dumps, and those smaller than kSmallestGuarded, are not protected like this.
// * If none of this keeps any dump, all are kept, with the reason kRemovesAll.
std::vector<Verdict> ApplyRetention(absl::Span<const Candidate> dumps, const Retention& rules,
                                    absl::Time now);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_RETENTION_H_
