// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/review.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/domain/migrate/script.h"

namespace siphon::migrate {
namespace {

// The summary of the history.
struct Known {
  std::map<int64_t, HistoryRecord> applied;
  // Steps (from, to) of siphon: versions between them did not exist at that time.
  std::map<int64_t, int64_t> leaps;
  // The same for `force`, which also counts `to` as applied.
  std::map<int64_t, int64_t> forced;

  bool LeaptOver(int64_t version) const {
    const int64_t* const to = FindLeap(leaps, version);
    return to != nullptr && version < *to;
  }
  bool IsForced(int64_t version) const {
    const int64_t* const to = FindLeap(forced, version);
    return to != nullptr && version <= *to;
  }

 private:
  // The end of the last leap that begins before `version`; null if there is none.
  static const int64_t* FindLeap(const std::map<int64_t, int64_t>& leaps, int64_t version) {
    const auto next = leaps.lower_bound(version);
    return next == leaps.begin() ? nullptr : &std::prev(next)->second;
  }
};

Known AddUp(const std::vector<HistoryRecord>& history) {
  Known known;
  for (const HistoryRecord& record : history) {
    if (record.direction == "up") {
      if (record.state != "done") continue;
      known.applied[record.version] = record;
      // One that was applied out of order is below the version of the database.
      if (record.from < record.version) known.leaps[record.from] = record.version;
      continue;
    }
    // Down to `target`, by a migration or by force.
    if (record.direction == "down" && record.state != "done") continue;
    known.applied.erase(known.applied.upper_bound(record.target), known.applied.end());
    known.leaps.erase(known.leaps.lower_bound(record.target), known.leaps.end());
    known.forced.erase(known.forced.lower_bound(record.target), known.forced.end());
    if (record.direction == "force") {
      known.forced[std::min(record.from, record.target - 1)] = record.target;
    }
  }
  return known;
}

// The version of the migration that left the database dirty.
std::optional<int64_t> DirtyVersion(const State& state, const std::vector<HistoryRecord>& history) {
  if (!state.dirty) return std::nullopt;
  const bool known =
      !history.empty() && history.back().state != "done" && history.back().target == state.version;
  return known ? history.back().version : state.version;
}

absl::StatusOr<bool> IsChanged(const Source& source, const Migration& migration,
                               const HistoryRecord& record) {
  if (!migration.up.has_value()) return !record.sha256.empty();
  if (record.sha256.empty()) return true;
  ASSIGN_OR_RETURN(const std::string body, source.Read(*migration.up));
  return !HasDigest(body, record.sha256);
}

}  // namespace

std::string_view MigrationStatusName(MigrationStatus status) {
  switch (status) {
    case MigrationStatus::kApplied:
      return "applied";
    case MigrationStatus::kPending:
      return "pending";
    case MigrationStatus::kMissing:
      return "missing";
    case MigrationStatus::kOutOfOrder:
      return "out of order";
    case MigrationStatus::kChanged:
      return "changed";
    case MigrationStatus::kForced:
      return "forced";
    case MigrationStatus::kDirty:
      return "dirty";
  }
  return "";
}

absl::StatusOr<std::vector<Review>> ReviewAll(const Source& source, const State& state,
                                              const std::vector<HistoryRecord>& history) {
  const Known known = AddUp(history);
  const std::optional<int64_t> dirty = DirtyVersion(state, history);
  std::map<int64_t, Review> reviews;
  for (const Migration& migration : source.migrations()) {
    Review review;
    review.version = migration.version;
    review.title = migration.title(Direction::kUp);
    review.has_up = migration.up.has_value();
    review.has_down = migration.down.has_value();
    if (migration.version <= state.version) {
      const auto record = known.applied.find(migration.version);
      if (record != known.applied.end()) {
        review.record = record->second;
        ASSIGN_OR_RETURN(const bool changed, IsChanged(source, migration, record->second));
        review.status = changed ? MigrationStatus::kChanged : MigrationStatus::kApplied;
      } else if (known.LeaptOver(migration.version)) {
        review.status = MigrationStatus::kOutOfOrder;
      } else {
        review.status = known.IsForced(migration.version) ? MigrationStatus::kForced
                                                          : MigrationStatus::kApplied;
      }
    }
    if (migration.version == dirty) review.status = MigrationStatus::kDirty;
    reviews.emplace(migration.version, std::move(review));
  }
  for (const auto& [version, record] : known.applied) {
    if (version > state.version || reviews.contains(version)) continue;
    Review review;
    review.version = version;
    review.title = record.title;
    review.status = MigrationStatus::kMissing;
    review.record = record;
    reviews.emplace(version, std::move(review));
  }
  std::vector<Review> sorted;
  for (auto& [version, review] : reviews) sorted.push_back(std::move(review));
  return sorted;
}

std::vector<std::string> Complaints(const std::vector<Review>& reviews, bool out_of_order) {
  std::vector<std::string> complaints;
  for (const Review& review : reviews) {
    std::string_view what;
    switch (review.status) {
      case MigrationStatus::kApplied:
      case MigrationStatus::kPending:
      case MigrationStatus::kForced:
      case MigrationStatus::kDirty:
        continue;
      case MigrationStatus::kMissing:
        what = "was applied and its files no longer exist";
        break;
      case MigrationStatus::kOutOfOrder:
        if (out_of_order) continue;
        what = "is below the version of the database and was never applied";
        break;
      case MigrationStatus::kChanged:
        what = "was changed after it was applied";
        break;
    }
    complaints.push_back(absl::StrCat("version ", review.version, review.title.empty() ? "" : " (",
                                      review.title, review.title.empty() ? " " : ") ", what));
  }
  return complaints;
}

}  // namespace siphon::migrate
