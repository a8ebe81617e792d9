// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_TABLE_H_
#define SIPHON_CLI_TABLE_H_

#include <string>
#include <string_view>
#include <vector>

namespace siphon::cli {

// How a column becomes narrower when the table is wider than the terminal.
enum class Fit {
  kWhole,  // Never: ids, numbers, states.
  kCut,    // By an ellipsis in the middle of its values: names, paths.
  // By line breaks between words: sentences. Where there is no place for it between the other
  // columns, its value follows below each row.
  kWrap,
};

struct Column {
  std::string title = {};  // May be empty.
  bool right = false;
  Fit fit = Fit::kWhole;
  // When the table is too wide in spite of `fit`, columns are left out, the highest number first; 0
  // is never left out.
  int leave_out = 0;
};

// Formats rows as columns with two spaces between them, below a line of titles if there are any. A
// row has a value for each column; missing ones are empty. Values are made printable.
//
// `width` is the width of the terminal in characters; 0: no limit, everything is shown. Otherwise
// the lines are not longer than that, if the columns allow it, and a last line names the columns
// that were left out.
std::string FormatTable(const std::vector<Column>& columns,
                        std::vector<std::vector<std::string>> rows, int width);

// `text` in lines of at most `width` characters (0: no limit), broken between words. A longer word
// stays whole. Lines after the first begin with `indent` spaces. The text has one line, without a
// line feed; the result ends with one.
std::string WrapLine(std::string_view text, int width, int indent);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_TABLE_H_
