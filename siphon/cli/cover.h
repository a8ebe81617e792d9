// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_COVER_H_
#define SIPHON_CLI_COVER_H_

namespace siphon::cli {

// Every user of the machine can read the arguments of a process (ps, /proc/<pid>/cmdline). Linking
// this library covers all arguments after the program's name with asterisks before any other code
// of the program runs, static initialisation included (.preinit_array of the ELF specification).
// Returns the arguments as the user wrote them, in memory that nobody else can read and that lasts
// as long as the process: pointers like those of `argv`, null at the end. Returns `argv` itself if
// nothing was covered (builds with sanitizers, which need their own initialisation first).
char** OriginalArguments(char** argv);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_COVER_H_
