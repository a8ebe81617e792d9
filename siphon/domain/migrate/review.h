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
  kMissing,     // Applied by siphon, and its files are gone.
  kOutOfOrder,  // Behind the database's version, and siphon knows that it was passed by.
  kChanged,     // The file is not the one that was applied.
};
std::string_view MigrationStatusName(MigrationStatus status);  // "applied", "out of order", ...

// A version and what has become of it.
struct Review {
  int64_t version = 0;
  std::string title;
  MigrationStatus status = MigrationStatus::kPending;
  bool has_up = false;
  bool has_down = false;
  // Of the last time that it was applied, where siphon did it.
  std::optional<HistoryRecord> record;
};

// Holds source, version table and history against one another, sorted by version. Every version up
// to the database's counts as applied, as golang-migrate sees it, unless the history knows better.
// Reads the files that were applied; its errors are those of Source::Read().
absl::StatusOr<std::vector<Review>> ReviewAll(const Source& source, const State& state,
                                              const std::vector<HistoryRecord>& history);

// What is wrong, for people: "version 3 (users) was changed after it was applied".
std::vector<std::string> Complaints(const std::vector<Review>& reviews);

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_REVIEW_H_
