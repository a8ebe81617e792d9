// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_COMPLETE_H_
#define SIPHON_CLI_COMPLETE_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace siphon::cli {

// Returns the sorted candidates for the last of `words`, which may be empty or incomplete; `words`
// is the command line without the program name. Candidates are commands, options, and for a value
// the words that its type lists, or else those that `values` returns for the type ("PROFILE",
// "DUMP", "TABLE,...").
std::vector<std::string> Complete(
    const CLI::App& root, const std::vector<std::string>& words,
    const std::function<std::vector<std::string>(std::string_view type)>& values);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_COMPLETE_H_
