// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/review.h"

#include <set>
#include <utility>

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

  bool LeaptOver(int64_t version) const {
    const auto next = leaps.lower_bound(version);
    if (next == leaps.begin()) return false;
    const auto leap = std::prev(next);
    return version > leap->first && version < leap->second;
  }
};

Known AddUp(const std::vector<HistoryRecord>& history) {
  Known known;
  for (const HistoryRecord& record : history) {
    if (record.direction == "up") {
      if (record.state != "done") continue;
      known.applied[record.version] = record;
      known.leaps[record.from] = record.version;
      continue;
    }
    // Down to `target`, by a migration or by force.
    if (record.direction == "down" && record.state != "done") continue;
    known.applied.erase(known.applied.upper_bound(record.target), known.applied.end());
    known.leaps.erase(known.leaps.lower_bound(record.target), known.leaps.end());
  }
  return known;
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
  }
  return "";
}

absl::StatusOr<std::vector<Review>> ReviewAll(const Source& source, const State& state,
                                              const std::vector<HistoryRecord>& history) {
  const Known known = AddUp(history);
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
      } else {
        review.status = known.LeaptOver(migration.version) ? MigrationStatus::kOutOfOrder
                                                           : MigrationStatus::kApplied;
      }
    }
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

std::vector<std::string> Complaints(const std::vector<Review>& reviews) {
  std::vector<std::string> complaints;
  for (const Review& review : reviews) {
    std::string_view what;
    switch (review.status) {
      case MigrationStatus::kApplied:
      case MigrationStatus::kPending:
        continue;
      case MigrationStatus::kMissing:
        what = "was applied and its files no longer exist";
        break;
      case MigrationStatus::kOutOfOrder:
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
