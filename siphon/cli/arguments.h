// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_ARGUMENTS_H_
#define SIPHON_CLI_ARGUMENTS_H_

#include <string>
#include <vector>

namespace siphon::cli {

// The arguments behind the program's name, copied. In the process's own list, which every user of
// the machine sees (ps, /proc/<pid>/cmdline), passwords are overwritten: those of URLs, and what
// follows --password. For main(), first of all: until then they stand there.
std::vector<std::string> TakeArguments(int argc, char** argv);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_ARGUMENTS_H_
