// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_ARGUMENTS_H_
#define SIPHON_CLI_ARGUMENTS_H_

#include <string>
#include <vector>

namespace siphon::cli {

// Returns a copy of the arguments after the program name. Overwrites passwords in the process's own
// argument list, which every user of the machine can read (ps, /proc/<pid>/cmdline): the passwords
// of URLs and the value of --password. main() calls it early, because the passwords are readable
// until then.
std::vector<std::string> TakeArguments(int argc, char** argv);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_ARGUMENTS_H_
