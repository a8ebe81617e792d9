// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_VERSION_H_
#define SIPHON_DRIVER_VERSION_H_

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace siphon::driver {

// The version of a server or tool: "17.11", "8.0.36", "18beta1" (18).
struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

// The first version in a line such as "pg_dump (PostgreSQL) 17.11 (Debian 17.11-1)": one to three
// numbers with dots between, at the beginning of the line or after a space or '('.
std::optional<Version> ParseVersion(std::string_view text);

// "17.11"; with the patch if it is not 0: "8.0.36".
std::string VersionText(const Version& version);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_VERSION_H_
