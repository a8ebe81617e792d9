// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_DESCRIPTIONS_H_
#define TESTING_SERVERS_DESCRIPTIONS_H_

#include <string>
#include <string_view>

namespace siphon::testing {

// The lines that only one of two descriptions of a database has, after "- " and "+ ", the beginning
// of long ones; empty when both have the same lines, in whatever order.
std::string CompareDescriptions(std::string_view one, std::string_view other);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_DESCRIPTIONS_H_
