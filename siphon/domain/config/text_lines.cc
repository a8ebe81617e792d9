// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/text_lines.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace siphon::config {

TextLines::TextLines(std::string_view text) : text_(text) {
  size_t start = 0;
  while (start < text.size()) {
    starts_.push_back(start);
    const size_t end = text.find('\n', start);
    start = end == std::string_view::npos ? text.size() : end + 1;
  }
}

size_t TextLines::Offset(int line) const {
  return line < count() ? starts_[static_cast<size_t>(line)] : text_.size();
}

std::string_view TextLines::Content(int line) const {
  std::string_view content = text_.substr(Offset(line), Offset(line + 1) - Offset(line));
  if (absl::ConsumeSuffix(&content, "\n")) absl::ConsumeSuffix(&content, "\r");
  return content;
}

std::string_view TextLines::LineEnd() const {
  const size_t end = text_.find('\n');
  return end != std::string_view::npos && end > 0 && text_[end - 1] == '\r' ? "\r\n" : "\n";
}

bool TextLines::EndsInsideLine() const { return !text_.empty() && !absl::EndsWith(text_, "\n"); }

bool TextLines::IsBlank(int line) const {
  return Content(line).find_first_not_of(" \t") == std::string_view::npos;
}

bool TextLines::IsComment(int line) const {
  const std::string_view content = Content(line);
  const size_t first = content.find_first_not_of(" \t");
  return first != std::string_view::npos && content[first] == '#';
}

int TextLines::Indent(int line) const {
  const std::string_view content = Content(line);
  return static_cast<int>(std::min(content.find_first_not_of(" \t"), content.size()));
}

int TextLines::FindDocumentMark(int line) const {
  for (; line < count(); ++line) {
    const std::string_view content = Content(line);
    const bool marked = absl::StartsWith(content, "...") || absl::StartsWith(content, "---");
    if (marked && (content.size() == 3 || content[3] == ' ' || content[3] == '\t')) return line;
  }
  return count();
}

int TextLines::EntryEnd(int first, int at_least, int limit, int indent) const {
  int last = limit - 1;
  while (last > first && last > at_least && (IsBlank(last) || IsComment(last))) --last;
  for (int line = last + 1; line < limit; ++line) {
    if (IsBlank(line)) continue;
    if (!IsComment(line) || Indent(line) <= indent) break;
    last = line;
  }
  return last + 1;
}

}  // namespace siphon::config
