// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_RUN_H_
#define SIPHON_CLI_RUN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "siphon/cli/env.h"

namespace siphon::cli {

// Runs the command in `args`, the command line without the program name. Prints results, events
// and the error to the streams of `env`; errs::ExitCode() maps the returned status to the exit
// code.
absl::Status Run(Env& env, std::vector<std::string> args);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_RUN_H_
