// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_GOLANG_MIGRATE_H_
#define SIPHON_CLI_GOLANG_MIGRATE_H_

#include <string>
#include <vector>

namespace siphon::cli {

// The arguments of `siphon`, in which the options of golang-migrate after the command `migrate`
// have two dashes: "-path" becomes "--path", "-database=URL" "--database=URL". All others, and
// those of other commands, are unchanged.
std::vector<std::string> WithTwoDashes(std::vector<std::string> args);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_GOLANG_MIGRATE_H_
