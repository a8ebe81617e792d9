// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_EDIT_DISTANCE_H_
#define SIPHON_BASE_EDIT_DISTANCE_H_

#include <cstddef>
#include <string_view>

namespace siphon::base {

// How many bytes are missing, added, wrong or swapped with their neighbour between `a` and `b`,
// ASCII letters without regard to case: the restricted Damerau-Levenshtein distance. Costs a.size()
// * b.size(): for words, not for texts.
size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace siphon::base

#endif  // SIPHON_BASE_EDIT_DISTANCE_H_
