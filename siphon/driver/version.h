// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_VERSION_H_
#define SIPHON_DRIVER_VERSION_H_

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace siphon::driver {

// A server's or tool's version: "17.11", "8.0.36", "18beta1" (18).
struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

// The first version in a line such as "pg_dump (PostgreSQL) 17.11 (Debian 17.11-1)": a number that
// stands at the beginning or behind a space or '(', with up to two more behind dots.
std::optional<Version> ParseVersion(std::string_view text);

// "17.11"; the patch where it is not 0, as "8.0.36".
std::string VersionText(const Version& version);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_VERSION_H_
