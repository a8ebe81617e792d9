// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_CONTRACTS_BAD_PROFILES_H_
#define TESTING_CONTRACTS_BAD_PROFILES_H_

#include <string>
#include <utility>
#include <vector>

#include "siphon/domain/profile/profile.h"

namespace siphon::testing {

// The result of DriverFixture::BadProfiles() for a server without TLS; `good` is a profile that
// connects to it.
std::vector<std::pair<std::string, profile::ConnectionProfile>> BadServerProfiles(
    const profile::ConnectionProfile& good);

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_BAD_PROFILES_H_
