// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/nearest.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace siphon::dumps {
namespace {

constexpr size_t kMaxNearest = 3;
constexpr size_t kMaxLength = 64;   // Of what is compared letter by letter.
constexpr size_t kMinPrefix = 4;    // All ULIDs of a year begin with the same three characters.
constexpr size_t kMaxDistance = 3;  // Insertions, deletions, replacements.

// Levenshtein's distance.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

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
      // Of a short id, every other short one is near.
      rank = Distance(lower, other);
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
