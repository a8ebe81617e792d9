// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_CONFIG_TEXT_LINES_H_
#define SIPHON_DOMAIN_CONFIG_TEXT_LINES_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace siphon::config {

// The lines of a text, to find the lines of an entry in a YAML mapping. Lines are counted from 0.
class TextLines {
 public:
  // `text` must outlive this object.
  explicit TextLines(std::string_view text);

  int count() const { return static_cast<int>(starts_.size()); }
  // The offset of the first byte of a line; for line count() the size of the text.
  size_t Offset(int line) const;
  // A line without its line end.
  std::string_view Content(int line) const;
  // The line end of the first line, or "\n".
  std::string_view LineEnd() const;
  // True when the text is not empty and its last line has no line end.
  bool EndsInsideLine() const;

  bool IsBlank(int line) const;
  bool IsComment(int line) const;
  // The columns of white space at the beginning of a line.
  int Indent(int line) const;
  // The first line at or after `line` that ends a document ("...") or begins one ("---"); count()
  // if there is none.
  int FindDocumentMark(int line) const;

  // The line after the last line of an entry. Its key is on line `first`, it extends at least to
  // line `at_least`, and the next key or the end of the document is on line `limit`. Comments at
  // its end belong to it if they are indented more than `indent`; other comments and blank lines do
  // not.
  int EntryEnd(int first, int at_least, int limit, int indent) const;

 private:
  std::string_view text_;
  std::vector<size_t> starts_;
};

}  // namespace siphon::config

#endif  // SIPHON_DOMAIN_CONFIG_TEXT_LINES_H_
