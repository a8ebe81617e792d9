// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_EDIT_DISTANCE_H_
#define SIPHON_BASE_EDIT_DISTANCE_H_

#include <cstddef>
#include <string_view>

namespace siphon::base {

// The restricted Damerau-Levenshtein distance: the number of bytes that are missing, added,
// different or swapped with their neighbour. ASCII letters are compared without regard to case.
// Takes time in proportion to a.size() * b.size(), so use it for words only.
size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace siphon::base

#endif  // SIPHON_BASE_EDIT_DISTANCE_H_
