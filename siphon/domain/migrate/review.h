// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_REVIEW_H_
#define SIPHON_DOMAIN_MIGRATE_REVIEW_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/source.h"

namespace siphon::migrate {

enum class MigrationStatus {
  kApplied,
  kPending,
  kMissing,     // Applied by siphon; its files no longer exist.
  kOutOfOrder,  // Below the version of the database, and not applied according to the history.
  kChanged,     // The file differs from the one that was applied, not only in its line ends.
  kForced,      // Counts as applied, because `force` set the version of the database.
  kDirty,       // It began and did not end.
};
std::string_view MigrationStatusName(MigrationStatus status);  // "applied", "out of order", ...

// A version and its status.
struct Review {
  int64_t version = 0;
  std::string title;
  MigrationStatus status = MigrationStatus::kPending;
  bool has_up = false;
  bool has_down = false;
  // The last application by siphon, if there was one.
  std::optional<HistoryRecord> record;
};

// Compares the source, the version table and the history; sorted by version. As in golang-migrate,
// every version up to that of the database counts as applied, unless the history contradicts. Reads
// the files of applied migrations; errors as in Source::Read().
absl::StatusOr<std::vector<Review>> ReviewAll(const Source& source, const State& state,
                                              const std::vector<HistoryRecord>& history);

// Descriptions of the faults, for people: "version 3 (users) was changed after it was applied".
// With `out_of_order`, migrations that are out of order are none, because they will be applied.
std::vector<std::string> Complaints(const std::vector<Review>& reviews, bool out_of_order = false);

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_REVIEW_H_
