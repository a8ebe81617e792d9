// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_HELP_TEXT_H_
#define SIPHON_CLI_HELP_TEXT_H_

#include <string>
#include <string_view>

namespace siphon::cli {

// A help text of CLI11 for a terminal that is `width` characters wide: long lines are broken
// between words, descriptions of options within their column or, on a narrow terminal, below the
// option. A long example goes on after a backslash, so that it can still be copied. 0: no terminal,
// the text is unchanged.
std::string FitHelp(std::string_view text, int width);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_HELP_TEXT_H_
