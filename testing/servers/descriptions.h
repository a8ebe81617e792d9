// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_DESCRIPTIONS_H_
#define TESTING_SERVERS_DESCRIPTIONS_H_

#include <string>
#include <string_view>

namespace siphon::testing {

// The lines that only one of two descriptions contains: with "- " those of `one`, with "+ " those
// of `other`; long lines are cut off. Empty if both contain the same lines in any order.
std::string CompareDescriptions(std::string_view one, std::string_view other);

// The number of the first line that differs, and an excerpt of that line from `one` ("- ") and from
// `other` ("+ "). Empty if the texts are equal. For texts of megabytes: for these, EXPECT_EQ()
// needs gigabytes and minutes when they differ.
std::string FirstDifference(std::string_view one, std::string_view other);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_DESCRIPTIONS_H_
