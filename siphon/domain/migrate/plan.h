// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_PLAN_H_
#define SIPHON_DOMAIN_MIGRATE_PLAN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/source.h"

namespace siphon::migrate {

// The goal of a migration run.
struct Goal {
  enum class Kind { kUp, kDown, kVersion };
  Kind kind = Kind::kUp;
  // kUp, kDown: the number of migrations; nothing: all.
  std::optional<int64_t> limit;
  int64_t version = 0;  // kVersion: the version to reach.
};

// The steps to a goal, without the content of the files.
struct Route {
  std::vector<Step> steps;
  // The number of migrations that are missing to reach the limit.
  int64_t missing = 0;
};

// The steps that golang-migrate would take (docs/contracts.md#migration-sequences). errs::kNotFound
// when the source has no migration of the version `from` or of the goal's version, and for a limit
// when no migration is left; errs::kNoChange when there is nothing to do.
absl::StatusOr<Route> FindRoute(const Source& source, int64_t from, const Goal& goal);

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_PLAN_H_
