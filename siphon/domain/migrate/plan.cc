// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/plan.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::migrate {
namespace {

constexpr std::string_view kOp = "migrate";

absl::Status NotThere(const Source& source, int64_t version, std::string_view whose) {
  return errs::UserError(kOp, errs::kNotFound,
                         absl::StrCat("no migration found for version ", version, " in ",
                                      source.place(), ": ", whose));
}

absl::Status NoChange(int64_t version) {
  return errs::UserError(kOp, errs::kNoChange,
                         version == kNilVersion
                             ? std::string("nothing is applied")
                             : absl::StrCat("the database is at version ", version));
}

// The version after `from`; kNilVersion is before the first one.
std::optional<int64_t> Above(const Source& source, int64_t from) {
  if (from != kNilVersion) return source.Next(from);
  if (source.migrations().empty()) return std::nullopt;
  return source.migrations().front().version;
}

Step StepUp(const Source& source, int64_t from, int64_t to) {
  Step step;
  step.direction = Direction::kUp;
  step.version = to;
  step.from = from;
  step.target = to;
  step.title = source.Find(to)->title(Direction::kUp);
  return step;
}

Step StepDown(const Source& source, int64_t from) {
  Step step;
  step.direction = Direction::kDown;
  step.version = from;
  step.from = from;
  step.target = source.Previous(from).value_or(kNilVersion);
  step.title = source.Find(from)->title(Direction::kDown);
  return step;
}

absl::StatusOr<Route> RouteTo(const Source& source, int64_t from, int64_t to) {
  if (to < 0 || source.Find(to) == nullptr) return NotThere(source, to, "it is the goal");
  if (from == to) return NoChange(from);
  Route route;
  if (from < to) {
    while (from != to) {
      const int64_t next = *Above(source, from);
      route.steps.push_back(StepUp(source, from, next));
      from = next;
    }
  } else {
    while (from != to) {
      route.steps.push_back(StepDown(source, from));
      from = route.steps.back().target;
    }
  }
  return route;
}

}  // namespace

absl::StatusOr<Route> FindRoute(const Source& source, int64_t from, const Goal& goal) {
  if (from != kNilVersion && source.Find(from) == nullptr) {
    return NotThere(source, from, "it is the version of the database");
  }
  if (goal.kind == Goal::Kind::kVersion) return RouteTo(source, from, goal.version);
  const bool up = goal.kind == Goal::Kind::kUp;
  if (up && from == kNilVersion && source.migrations().empty()) {
    return errs::UserError(kOp, errs::kNotFound,
                           absl::StrCat("there are no migrations in ", source.place()));
  }
  Route route;
  const int64_t start = from;
  while (!goal.limit.has_value() || static_cast<int64_t>(route.steps.size()) < *goal.limit) {
    if (up) {
      const std::optional<int64_t> next = Above(source, from);
      if (!next.has_value()) break;
      route.steps.push_back(StepUp(source, from, *next));
    } else {
      if (from == kNilVersion) break;
      route.steps.push_back(StepDown(source, from));
    }
    from = route.steps.back().target;
  }
  if (route.steps.empty()) {
    if (goal.limit.value_or(0) <= 0) return NoChange(start);
    return errs::UserError(kOp, errs::kNotFound,
                           up ? absl::StrCat("no migration comes after version ", start)
                              : std::string("no migration is applied that could be undone"));
  }
  if (goal.limit.has_value()) {
    route.missing = *goal.limit - static_cast<int64_t>(route.steps.size());
  }
  return route;
}

}  // namespace siphon::migrate
