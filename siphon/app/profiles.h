// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_PROFILES_H_
#define SIPHON_APP_PROFILES_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "siphon/app/session.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::app {

// Adds `profile` to the configuration file, which is made when there is none.
// The engine must be one that this binary carries, and its password reference
// must be readable as one.
absl::Status AddProfile(Session& session, const profile::Profile& profile);
absl::Status RemoveProfile(Session& session, std::string_view name);

}  // namespace siphon::app

#endif  // SIPHON_APP_PROFILES_H_
