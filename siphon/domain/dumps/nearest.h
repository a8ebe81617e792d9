// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_NEAREST_H_
#define SIPHON_DOMAIN_DUMPS_NEAREST_H_

#include <string>
#include <string_view>
#include <vector>

namespace siphon::dumps {

// Up to three of `ids` that are similar to `wanted`, the most similar first: equal without regard
// to case, begins with `wanted`, or differs in few characters.
std::vector<std::string> NearestIds(std::string_view wanted, const std::vector<std::string>& ids);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_NEAREST_H_
