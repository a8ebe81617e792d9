// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/nearest.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "siphon/base/edit_distance.h"

namespace siphon::dumps {
namespace {

constexpr size_t kMaxNearest = 3;
constexpr size_t kMaxLength = 64;  // Longer ids are not compared.
constexpr size_t kMinPrefix = 4;   // All ULIDs of a year begin with the same three characters.
constexpr size_t kMaxDistance = 3;

}  // namespace

std::vector<std::string> NearestIds(std::string_view wanted, const std::vector<std::string>& ids) {
  const std::string lower = absl::AsciiStrToLower(wanted);
  if (lower.size() > kMaxLength) return {};
  std::vector<std::pair<size_t, std::string>> ranked;
  for (const std::string& id : ids) {
    const std::string other = absl::AsciiStrToLower(id);
    size_t rank = kMaxDistance + 1;
    if (lower.size() >= kMinPrefix && absl::StartsWith(other, lower)) {
      rank = 0;
    } else if (other.size() <= kMaxLength) {
      // Short ids are all similar to each other.
      rank = base::EditDistance(lower, other);
      if (rank * 2 > lower.size()) continue;
    }
    if (rank <= kMaxDistance) ranked.emplace_back(rank, id);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> nearest;
  for (size_t i = 0; i < std::min(kMaxNearest, ranked.size()); ++i) {
    nearest.push_back(std::move(ranked[i].second));
  }
  return nearest;
}

}  // namespace siphon::dumps
