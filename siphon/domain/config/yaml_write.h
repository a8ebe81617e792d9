// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_YAML_WRITE_H_
#define SIPHON_DOMAIN_CONFIG_YAML_WRITE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::config {

// Formats the UTF-8 `text` as a YAML scalar on one line: plain if every YAML reader reads it as
// text, else in double quotes with escapes.
std::string YamlScalar(std::string_view text);

// The lines of a profile's entry in `profiles`, such as {"prod:", "  driver: sqlite"}. The key is
// not indented; each level has two columns. Values are literal text ('$' is doubled), except a
// password of the form ${NAME}. errs::kInvalidArgument for a value that is not UTF-8 or contains
// NUL.
absl::StatusOr<std::vector<std::string>> ProfileLines(const profile::Profile& profile);

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_YAML_WRITE_H_
