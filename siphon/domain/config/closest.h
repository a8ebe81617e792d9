// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_CLOSEST_H_
#define SIPHON_DOMAIN_CONFIG_CLOSEST_H_

#include <optional>
#include <string_view>
#include <vector>

namespace siphon::config {

// The one of `known` that `typed` was probably meant to be: at most two letters (one, for words of
// up to three) missing, added, wrong or swapped with their neighbour. Nothing when none is near.
std::optional<std::string_view> Closest(std::string_view typed,
                                        const std::vector<std::string_view>& known);

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_CLOSEST_H_
