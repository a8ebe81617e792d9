// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_COMPARE_H_
#define SIPHON_CLI_COMPARE_H_

#include "siphon/cli/command.h"

namespace siphon::cli {

// Adds `siphon compare`.
void DefineCompare(Parser& root, Selection& selection);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_COMPARE_H_
