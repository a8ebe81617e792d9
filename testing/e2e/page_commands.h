// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_PAGE_COMMANDS_H_
#define TESTING_E2E_PAGE_COMMANDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"

namespace siphon::testing {

// A command that a page shows.
struct PageCommand {
  std::string script;  // For the shell; of a block marked "sh", the whole block.
  // The page shows an error ("✗ ...") as its output.
  bool fails = false;
};

// A block of code with commands of siphon.
struct PageBlock {
  std::string section;  // The heading before it.
  std::vector<PageCommand> commands;
};

// Reads the blocks of a Markdown file that name siphon. Of a block marked "console", or not marked,
// each line with a prompt ("$ ", or else "# ") is a command; of blocks in other languages every
// line that names siphon: a line of a crontab, ExecStart= of a unit, a JSON array. A line that
// names siphon in another way fails the test.
std::vector<PageBlock> ReadPage(const std::string& path);

// True if the shell would run siphon.
bool RunsSiphon(std::string_view script);

// Puts siphon, and stand-ins for `ssh` and `age`, into a folder of the sandbox and into PATH. They
// keep or pass on what they get: ssh in the folder "store".
void AddPrograms(Sandbox& box);

// Runs a script in the sandbox, with a shell that stops at the first error. The test fails if the
// shell cannot be started.
ProcessResult RunScript(const Sandbox& box, const std::string& script);

}  // namespace siphon::testing

#endif  // TESTING_E2E_PAGE_COMMANDS_H_
