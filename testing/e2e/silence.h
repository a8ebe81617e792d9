// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_SILENCE_H_
#define TESTING_E2E_SILENCE_H_

#include <string>
#include <string_view>
#include <vector>

#include "testing/e2e/sandbox.h"

namespace siphon::testing {

// The beginning of every password in these tests.
inline constexpr std::string_view kSecretSign = "S3CR3T";

// Runs siphon with --verbose. Expects this exit code, and that kSecretSign is neither in the output
// nor in the arguments of a process that siphon starts. Unless `tool` is empty, one of these
// processes must be `tool`. siphon's own arguments may contain what the user typed until siphon
// overwrites them. Returns standard output.
std::string ExpectSilent(const Sandbox& box, std::vector<std::string> args, int exit_code,
                         std::string_view tool = "");

// Expects that no file in the sandbox contains kSecretSign.
void ExpectNoFileHoldsASecret(const Sandbox& box);

// The arguments of all processes of this machine, as `ps` shows them, one process per line.
std::string AllCommandLines();

}  // namespace siphon::testing

#endif  // TESTING_E2E_SILENCE_H_
