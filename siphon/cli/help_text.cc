// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/help_text.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "siphon/cli/text_width.h"

namespace siphon::cli {
namespace {

// A description in a narrower column than this follows below its option.
constexpr size_t kNarrowest = 30;
constexpr size_t kBelow = 6;  // The indentation of a description below its option.

class HelpFitter {
 public:
  explicit HelpFitter(size_t width) : width_(width) {}

  void Add(std::string_view line) {
    const bool indented = absl::StartsWith(line, "  ");
    if (line.empty() || indented || absl::EndsWith(line, ":") || absl::StartsWith(line, "Usage:")) {
      EndParagraph();
    }
    if (line.empty()) examples_ = false;
    if (line == "Examples:") examples_ = true;
    if (!indented && !line.empty() && line.back() != ':') {
      paragraph_.push_back(line);
      if (absl::StartsWith(line, "Usage:")) EndParagraph();
    } else if (examples_ || Width(line) <= width_) {
      absl::StrAppend(&out_, line, "\n");
    } else {
      AddOption(line);
    }
  }

  std::string Finish() {
    EndParagraph();
    return std::move(out_);
  }

 private:
  // Sentences, which the help text breaks into lines for a wider terminal.
  void EndParagraph() {
    const bool fits = std::all_of(paragraph_.begin(), paragraph_.end(),
                                  [this](auto line) { return Width(line) <= width_; });
    if (fits) {
      for (const std::string_view line : paragraph_) absl::StrAppend(&out_, line, "\n");
    } else {
      AddWords(absl::StrJoin(paragraph_, " "), 0);
    }
    paragraph_.clear();
  }

  // "  --name VALUE      Description", or a description that follows such a line.
  void AddOption(std::string_view line) {
    const size_t name = line.find_first_not_of(' ');
    if (name == std::string_view::npos) return;
    const size_t gap = line.find("  ", name);
    const bool has_name = gap != std::string_view::npos;
    const size_t column = has_name ? line.find_first_not_of(' ', gap) : name;
    if (column == std::string_view::npos) return;
    const bool narrow = column + kNarrowest > width_;
    if (has_name) absl::StrAppend(&out_, line.substr(0, narrow ? gap : column));
    if (has_name && narrow) absl::StrAppend(&out_, "\n");
    AddWords(line.substr(column), narrow ? kBelow : column, has_name && !narrow);
  }

  // Lines that begin with `indent` blanks; the first one does not if `begun`.
  void AddWords(std::string_view text, size_t indent, bool begun = false) {
    const std::string margin(indent, ' ');
    for (const std::string& line : WrapWords(text, width_ - std::min(width_, indent))) {
      absl::StrAppend(&out_, begun ? "" : margin, line, "\n");
      begun = false;
    }
  }

  const size_t width_;
  bool examples_ = false;
  std::vector<std::string_view> paragraph_;
  std::string out_;
};

}  // namespace

std::string FitHelp(std::string_view text, int width) {
  // The text of --version comes the same way.
  if (width <= 0 || !absl::StrContains(text, "\nUsage:")) return std::string(text);
  HelpFitter fitter(static_cast<size_t>(width));
  const bool ended = absl::EndsWith(text, "\n");
  if (ended) text.remove_suffix(1);
  for (const std::string_view line : absl::StrSplit(text, '\n')) fitter.Add(line);
  std::string fitted = fitter.Finish();
  if (!ended && !fitted.empty()) fitted.pop_back();
  return fitted;
}

}  // namespace siphon::cli
