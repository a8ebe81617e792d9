// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/closest.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "siphon/base/edit_distance.h"

namespace siphon::config {
namespace {

// Keys are not longer, so longer text is not similar to any of them.
constexpr size_t kMaxLength = 40;

}  // namespace

std::optional<std::string_view> Closest(std::string_view typed,
                                        const std::vector<std::string_view>& known) {
  if (typed.empty() || typed.size() > kMaxLength) return std::nullopt;
  std::optional<std::string_view> best;
  size_t best_distance = 3;
  for (std::string_view candidate : known) {
    const size_t distance = base::EditDistance(typed, candidate);
    const size_t allowed = std::min(typed.size(), candidate.size()) <= 3 ? 1 : 2;
    if (distance <= allowed && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace siphon::config
