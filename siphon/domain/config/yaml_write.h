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

// `text`, which is UTF-8, as a YAML scalar on one line: plain where every YAML reader takes it for
// text, else in double quotes with escapes.
std::string YamlScalar(std::string_view text);

// The lines of a profile's entry in `profiles`, without indentation in front of its key and with
// two columns a level, as in {"prod:", "  driver: sqlite"}. Values are literal text ('$' is
// doubled), but for a password of the form ${NAME}. Errors: errs::kInvalidArgument for a value that
// is not UTF-8 or holds NUL.
absl::StatusOr<std::vector<std::string>> ProfileLines(const profile::Profile& profile);

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_YAML_WRITE_H_
