// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_CLOSEST_H_
#define SIPHON_DOMAIN_CONFIG_CLOSEST_H_

#include <optional>
#include <string_view>
#include <vector>

namespace siphon::config {

// Returns the word of `known` that is closest to `typed`, for "did you mean": an edit distance of
// at most 2, or of 1 for words of up to three letters. Nothing if there is none.
std::optional<std::string_view> Closest(std::string_view typed,
                                        const std::vector<std::string_view>& known);

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_CLOSEST_H_
