// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_EXPAND_H_
#define SIPHON_DOMAIN_CONFIG_EXPAND_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/base/environment.h"

namespace siphon::config {

struct Expansion {
  std::string text;
  bool has_reference = false;  // At least one variable was replaced.
};

// The operation of Expand()'s error for a variable that is not set.
inline constexpr std::string_view kUnsetVariable = "config.variable";

// Replaces ${NAME} and $NAME (NAME: a letter or '_', then letters, digits and '_') by the variable,
// and "$$" by "$"; any other '$' is kept. errs::kConfigInvalid for a variable that is not set and
// for "${" without a name and '}'.
//
// It works on one value of the configuration, after the YAML was parsed. siphon (Go) expands the
// whole file before, so that a variable with ": " or " #" changes the structure of the file.
absl::StatusOr<Expansion> Expand(std::string_view text, const base::Environment& environment);

// Doubles each '$', so that Expand() returns `text`.
std::string EscapeDollars(std::string_view text);

// True if `text` is one "${NAME}" and nothing else.
bool IsVariableReference(std::string_view text);

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_EXPAND_H_
