// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_TEXT_WIDTH_H_
#define SIPHON_CLI_TEXT_WIDTH_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace siphon::cli {

// The columns of a terminal that UTF-8 text takes: two for a character of the scripts of East Asia
// and for an emoji, none for a combining mark, one for all others and for a byte that is not UTF-8.
size_t Width(std::string_view text);

// At most `width` columns: of a longer text the beginning, an ellipsis and the end.
std::string CutMiddle(std::string_view text, size_t width);

// The lines of at most `width` columns into which a text is broken between words; at least one.
// A longer word is a line by itself.
std::vector<std::string> WrapWords(std::string_view text, size_t width);

// A message in lines of at most `width` columns (0 or less: no limit), broken between words; the
// first one stands after `indent` columns, the others begin with as many blanks. A command in the
// form 'siphon ...' is not broken, so that it can be copied. Without a line feed at the end.
std::string WrapMessage(std::string_view text, size_t indent, int width);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_TEXT_WIDTH_H_
