// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_PRINTABLE_H_
#define SIPHON_BASE_PRINTABLE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace siphon::base {

// True for a character that a terminal obeys instead of showing it: controls (C0, DEL, C1), line
// and paragraph separators, bidirectional controls (Unicode Standard Annex #9).
bool IsTerminalControl(uint32_t code_point);

// `text` as one line that is safe to show on a terminal, whoever wrote it. Terminal controls and
// bytes that are not UTF-8 are escaped: "\n", "\r", "\t", "\x1b", or "\u{9b}" for characters beyond
// ASCII. Everything else stays as it is, backslashes too.
std::string Printable(std::string_view text);

// The same for a text of several lines: line feeds stay.
std::string PrintableLines(std::string_view text);

}  // namespace siphon::base

#endif  // SIPHON_BASE_PRINTABLE_H_
