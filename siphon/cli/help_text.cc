// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/help_text.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
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
constexpr size_t kColumn = 34;  // Of the descriptions; CommandLine sets it.
constexpr size_t kBelow = 6;    // The indentation of a description below its option.

constexpr std::string_view kGoesOn = " \\";

// The words of a command; blanks between single quotes do not end one.
std::vector<std::string> ShellWords(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (const char c : line) {
    if (c == '\'') quoted = !quoted;
    if (c != ' ' || quoted) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, ""));
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

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
    } else if (Width(line) <= width_) {
      absl::StrAppend(&out_, line, "\n");
    } else if (examples_) {
      AddExample(line);
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
    size_t gap = line.find("  ", name);
    // One blank follows a name that fills its column.
    if (gap == std::string_view::npos && line[name] == '-' && line.size() > kColumn &&
        line[kColumn - 1] == ' ') {
      gap = kColumn - 1;
    }
    const bool has_name = gap != std::string_view::npos;
    const size_t column = has_name ? line.find_first_not_of(' ', gap) : name;
    if (column == std::string_view::npos) return;
    const bool narrow = column + kNarrowest > width_;
    if (has_name) absl::StrAppend(&out_, line.substr(0, narrow ? gap : column));
    if (has_name && narrow) absl::StrAppend(&out_, "\n");
    AddWords(line.substr(column), narrow ? kBelow : column, has_name && !narrow);
  }

  // A command, which a shell reads as one over several lines: each but the last ends with a
  // backslash. A quoted word is not broken.
  void AddExample(std::string_view line) {
    const size_t begin = std::min(line.find_first_not_of(' '), line.size());
    std::string margin(begin, ' '), row;
    for (const std::string& word : ShellWords(line.substr(begin))) {
      if (!row.empty() && Width(row) + 1 + Width(word) + kGoesOn.size() > width_) {
        absl::StrAppend(&out_, row, kGoesOn, "\n");
        margin = std::string(kBelow, ' ');
        row.clear();
      }
      row = row.empty() ? absl::StrCat(margin, word) : absl::StrCat(row, " ", word);
    }
    absl::StrAppend(&out_, row, "\n");
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
