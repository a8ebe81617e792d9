// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_CHAINS_H_
#define SIPHON_CLI_CHAINS_H_

#include <string>

#include "siphon/cli/command.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::cli {

// The kind of a dump for people: "increment", or that of ShowKind().
std::string ShowKindOf(const dumps::Sidecar& dump);

// The commands that change which dumps stand on others: dumps rm, dumps merge.
void DefineDumpsChains(Parser& dumps, Selection& selection);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_CHAINS_H_
