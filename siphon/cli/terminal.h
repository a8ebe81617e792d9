// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_TERMINAL_H_
#define SIPHON_CLI_TERMINAL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/cli/env.h"

namespace siphon::cli {

// Writes `question` to stderr and reads one line from stdin; the result has no line ending.
// errs::kConfirmationRefused if the input ends before a line. Ends at once with errs::kCancelled or
// errs::kTerminated if siphon is interrupted.
absl::StatusOr<std::string> AskLine(Env& env, std::string_view question);

// Like AskLine(), without echo if stdin is a terminal. The terminal's settings are always restored.
absl::StatusOr<std::string> AskSecret(Env& env, std::string_view question);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_TERMINAL_H_
