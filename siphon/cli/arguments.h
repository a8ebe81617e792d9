// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_ARGUMENTS_H_
#define SIPHON_CLI_ARGUMENTS_H_

#include <string>
#include <vector>

namespace siphon::cli {

// Returns the arguments after the program name as the user wrote them: `original` (see cover.h).
// Writes to `argv`, the process's own argument list, which every user of the machine can read (ps,
// /proc/<pid>/cmdline), the same arguments without secrets: the passwords of URLs and of conninfo
// strings, the values of options for secrets, and `options` of PostgreSQL, which can hold any
// setting. `argv` has strings of the lengths of `original`, or is the same.
std::vector<std::string> TakeArguments(int argc, char** argv, char** original);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_ARGUMENTS_H_
