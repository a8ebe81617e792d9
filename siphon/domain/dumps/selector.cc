// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/selector.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {
namespace {

constexpr std::string_view kOp = "dumps";
constexpr std::string_view kLatest = "latest";

// Why "latest" does not mean this dump; empty if it may.
std::string_view WhyPassedOver(const Sidecar& dump, const std::set<std::string>& damaged) {
  if (damaged.contains(dump.id)) return "did not pass its last verification";
  if (!dump.base_id.empty() && dump.base_id != dump.id) return "is an incremental";
  switch (dump.scope.kind) {
    case Kind::kFull:
      return "";
    case Kind::kPartial:
      return "holds a part of the database only";
    case Kind::kImported:
      return "was imported, so it may hold a part of the database only";
    case Kind::kUnknown:
      break;
  }
  return "does not record whether it holds the whole database";
}

}  // namespace

bool IsLatest(std::string_view selector) {
  return absl::ConsumePrefix(&selector, kLatest) &&
         (selector.empty() || absl::StartsWith(selector, ":"));
}

std::string_view ProfileOfLatest(std::string_view selector) {
  absl::ConsumePrefix(&selector, kLatest);
  absl::ConsumePrefix(&selector, ":");
  return selector;
}

std::string LatestOf(std::string_view profile) {
  return profile.empty() ? std::string(kLatest) : absl::StrCat(kLatest, ":", profile);
}

absl::StatusOr<Sidecar> SelectLatest(absl::Span<const Sidecar> newest_first,
                                     const std::set<std::string>& damaged,
                                     std::string_view profile) {
  const std::string of = profile.empty() ? "" : absl::StrCat(" of profile ", profile);
  const Sidecar* passed_over = nullptr;
  for (const Sidecar& dump : newest_first) {
    if (!profile.empty() && dump.profile != profile) continue;
    if (WhyPassedOver(dump, damaged).empty()) return dump;
    if (passed_over == nullptr) passed_over = &dump;
  }
  if (passed_over == nullptr) {
    return errs::UserError(kOp, errs::kNotFound, absl::StrCat("there is no dump", of),
                           "'siphon dumps list' shows the existing dumps");
  }
  return errs::UserError(
      kOp, errs::kNotFound, absl::StrCat("there is no full dump", of),
      absl::StrCat("the newest one, ", passed_over->id, ", ", WhyPassedOver(*passed_over, damaged),
                   "; give its id to use it"));
}

std::vector<std::string> SelectByPrefix(absl::Span<const std::string> ids,
                                        std::string_view prefix) {
  std::vector<std::string> selected;
  if (prefix.size() < kShortestPrefix) return selected;
  for (const std::string& id : ids) {
    if (absl::StartsWith(id, prefix)) selected.push_back(id);
  }
  return selected;
}

}  // namespace siphon::dumps
