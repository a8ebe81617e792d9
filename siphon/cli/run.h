// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_RUN_H_
#define SIPHON_CLI_RUN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "siphon/cli/env.h"

namespace siphon::cli {

// Runs the command that `args` (without the program's name) say. Results,
// events and the error are printed through `env`; the status is for the exit
// code (errs::ExitCode).
absl::Status Run(Env& env, std::vector<std::string> args);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_RUN_H_
