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

// Adds `profile` to the configuration file, and creates the file if it does not exist. The engine
// must be in this binary, and the password must be a valid reference.
absl::Status AddProfile(Session& session, const profile::Profile& profile);
absl::Status RemoveProfile(Session& session, std::string_view name);

}  // namespace siphon::app

#endif  // SIPHON_APP_PROFILES_H_
