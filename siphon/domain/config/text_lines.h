// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_TEXT_LINES_H_
#define SIPHON_DOMAIN_CONFIG_TEXT_LINES_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace siphon::config {

// A text cut into lines, to find the lines of a YAML mapping's entry. Lines count from 0.
class TextLines {
 public:
  // `text` must outlive this.
  explicit TextLines(std::string_view text);

  int count() const { return static_cast<int>(starts_.size()); }
  // The offset of a line's first byte; the text's size for line count().
  size_t Offset(int line) const;
  // A line without its end.
  std::string_view Content(int line) const;
  // The line end that the text uses: of its first line, or "\n".
  std::string_view LineEnd() const;
  // True when the text is not empty and its last line has no line end.
  bool EndsInsideLine() const;

  bool IsBlank(int line) const;
  bool IsComment(int line) const;
  // The columns of white space that a line begins with.
  int Indent(int line) const;
  // The first line from `line` on that ends the document ("...") or begins one ("---"), or count().
  int FindDocumentMark(int line) const;

  // One past the last line of an entry whose key is on line `first`, when the next key or the
  // document's end is on line `limit` and the entry reaches line `at_least` for certain. Comments
  // after the entry that are indented more than `indent` belong to it; other comments and blank
  // lines at its end do not.
  int EntryEnd(int first, int at_least, int limit, int indent) const;

 private:
  std::string_view text_;
  std::vector<size_t> starts_;
};

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_TEXT_LINES_H_
