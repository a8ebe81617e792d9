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
  bool has_reference = false;  // At least one variable was put in.
};

// Replaces ${NAME} and $NAME (NAME: a letter or '_', then letters, digits and '_') by the variable
// and "$$" by "$"; a '$' before anything else stays. A variable that is not set is an
// errs::kConfigInvalid error that names it, and so is "${" without a name and '}'.
//
// It is for one value of the configuration after YAML was parsed. siphon (Go) expands the whole
// file before that, so that a variable with ": " or " #" in it changes the file's structure.
absl::StatusOr<Expansion> Expand(std::string_view text, const base::Environment& environment);

// `text` so that Expand gives it back: each '$' doubled.
std::string EscapeDollars(std::string_view text);

// True for exactly "${NAME}".
bool IsVariableReference(std::string_view text);

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_EXPAND_H_
