// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_SILENCE_H_
#define TESTING_E2E_SILENCE_H_

#include <string>
#include <string_view>
#include <vector>

#include "testing/e2e/sandbox.h"

namespace siphon::testing {

// What passwords of a test begin with.
inline constexpr std::string_view kSecretSign = "S3CR3T";

// Runs siphon with --verbose and expects it to end with this code, and kSecretSign in nothing that
// others can see: its output, and the arguments of every process of its tree, of which one must be
// `tool` where that is not empty. Returns standard output. What the user has typed may stand in
// siphon's own arguments until it has covered it.
std::string ExpectSilent(const Sandbox& box, std::vector<std::string> args, int exit_code,
                         std::string_view tool = "");

// No file in the sandbox holds kSecretSign.
void ExpectNoFileHoldsASecret(const Sandbox& box);

// The arguments of all processes of this machine, as `ps` reads them, one a line.
std::string AllCommandLines();

}  // namespace siphon::testing

#endif  // TESTING_E2E_SILENCE_H_
