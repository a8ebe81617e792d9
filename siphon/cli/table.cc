// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/table.h"

#include <algorithm>
#include <cstddef>
#include <set>

#include "absl/strings/str_cat.h"
#include "siphon/base/printable.h"
#include "siphon/cli/text_width.h"

namespace siphon::cli {
namespace {

constexpr size_t kGap = 2;            // Between two columns.
constexpr size_t kShortestCut = 16;   // Of a value with an ellipsis: enough to know a name by.
constexpr size_t kShortestWrap = 24;  // Of a column of sentences.
constexpr size_t kBelow = 4;          // Indentation of a value below its row.
constexpr int kHanging = 2;           // Of the second line of a sentence.

// The places of the columns of one table.
class Layout {
 public:
  Layout(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows,
         size_t limit)
      : columns_(columns), natural_(columns.size()), has_values_(columns.size()), limit_(limit) {
    for (size_t i = 0; i < columns.size(); ++i) {
      shown_.push_back(i);
      natural_[i] = Width(columns[i].title);
      for (const std::vector<std::string>& row : rows) {
        natural_[i] = std::max(natural_[i], Width(row[i]));
        if (!row[i].empty()) has_values_[i] = true;
      }
    }
    widths_ = natural_;
    if (limit_ > 0) FitLimit();
  }

  // The line of titles; empty if no column has one.
  std::string Titles() const {
    std::vector<std::string> titles(columns_.size());
    for (const size_t i : shown_) titles[i] = columns_[i].title;
    const bool any = std::any_of(titles.begin(), titles.end(),
                                 [](const std::string& title) { return !title.empty(); });
    return any ? Format(titles) : "";
  }

  // The lines of one row.
  std::string Format(const std::vector<std::string>& row) const {
    std::vector<std::vector<std::string>> cells;
    size_t height = 1;
    for (const size_t i : shown_) {
      cells.push_back(columns_[i].fit == Fit::kWrap ? WrapWords(row[i], widths_[i])
                      : columns_[i].fit == Fit::kCut
                          ? std::vector<std::string>{CutMiddle(row[i], widths_[i])}
                          : std::vector<std::string>{row[i]});
      height = std::max(height, cells.back().size());
    }
    std::string text;
    for (size_t line = 0; line < height; ++line) AppendLine(cells, line, text);
    for (const size_t i : below_) {
      if (row[i].empty()) continue;
      for (const std::string& line : WrapWords(row[i], limit_ - std::min(limit_, kBelow))) {
        absl::StrAppend(&text, std::string(kBelow, ' '), line, "\n");
      }
    }
    return text;
  }

  // The titles of the columns that are missing; empty if nothing is.
  std::string LeftOut() const {
    std::string names;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!left_out_.contains(i)) continue;
      absl::StrAppend(&names, names.empty() ? "" : ", ", columns_[i].title);
    }
    return names;
  }

 private:
  void FitLimit() {
    if (Narrow()) return;
    // Nobody misses a column without values.
    std::erase_if(shown_,
                  [this](size_t i) { return !has_values_[i] && columns_[i].leave_out > 0; });
    while (!Narrow()) {
      const auto wrapped = std::find_if(shown_.begin(), shown_.end(),
                                        [this](size_t i) { return columns_[i].fit == Fit::kWrap; });
      if (wrapped != shown_.end() && shown_.size() > 1) {
        below_.push_back(*wrapped);
        shown_.erase(wrapped);
        continue;
      }
      const auto least =
          std::max_element(shown_.begin(), shown_.end(), [this](size_t left, size_t right) {
            return columns_[left].leave_out < columns_[right].leave_out;
          });
      if (least == shown_.end() || columns_[*least].leave_out == 0) return;
      left_out_.insert(*least);
      shown_.erase(least);
    }
  }

  // The smallest width of a column.
  size_t Least(size_t column) const {
    const Column& one = columns_[column];
    if (one.fit == Fit::kWhole) return natural_[column];
    const size_t least = one.fit == Fit::kCut ? kShortestCut : kShortestWrap;
    return std::min(natural_[column], std::max(least, Width(one.title)));
  }

  // Makes the widest columns narrower until the shown ones fit. False if they do not.
  bool Narrow() {
    widths_ = natural_;
    size_t total = shown_.empty() ? 0 : (shown_.size() - 1) * kGap;
    for (const size_t i : shown_) total += widths_[i];
    while (total > limit_) {
      size_t widest = columns_.size();
      for (const size_t i : shown_) {
        if (widths_[i] == Least(i)) continue;
        if (widest == columns_.size() || widths_[i] > widths_[widest]) widest = i;
      }
      if (widest == columns_.size()) return false;
      --widths_[widest];
      --total;
    }
    return true;
  }

  void AppendLine(const std::vector<std::vector<std::string>>& cells, size_t line,
                  std::string& text) const {
    std::string out;
    for (size_t place = 0; place < shown_.size(); ++place) {
      const size_t i = shown_[place];
      const std::string cell = line < cells[place].size() ? cells[place][line] : "";
      const size_t length = Width(cell);
      const std::string padding(widths_[i] - std::min(widths_[i], length), ' ');
      absl::StrAppend(&out, place > 0 ? std::string(kGap, ' ') : "",
                      columns_[i].right ? padding : "", cell, columns_[i].right ? "" : padding);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, out, "\n");
  }

  const std::vector<Column>& columns_;
  std::vector<size_t> natural_;   // The widths without a limit.
  std::vector<bool> has_values_;  // Whether a row has a value in the column.
  const size_t limit_;            // 0: none.
  std::vector<size_t> shown_;     // Columns next to each other.
  std::vector<size_t> widths_;    // Of the shown columns.
  std::vector<size_t> below_;     // Columns below each row.
  std::set<size_t> left_out_;
};

}  // namespace

std::string WrapLine(std::string_view text, int width, int indent) {
  if (width <= 0) return absl::StrCat(text, "\n");
  const auto limit = static_cast<size_t>(width);
  const std::string margin(static_cast<size_t>(std::max(indent, 0)), ' ');
  if (Width(text) <= limit) return absl::StrCat(text, "\n");
  std::string out;
  // All lines have the width of those with the margin.
  for (const std::string& line : WrapWords(text, limit - std::min(limit, margin.size()))) {
    absl::StrAppend(&out, out.empty() ? "" : margin, line, "\n");
  }
  return out;
}

std::string FormatTable(const std::vector<Column>& columns,
                        std::vector<std::vector<std::string>> rows, int width) {
  for (std::vector<std::string>& row : rows) {
    row.resize(columns.size());
    for (std::string& value : row) value = base::Printable(value);
  }
  const Layout layout(columns, rows, static_cast<size_t>(std::max(width, 0)));
  std::string text = layout.Titles();
  for (const std::vector<std::string>& row : rows) text += layout.Format(row);
  if (const std::string names = layout.LeftOut(); !names.empty()) {
    text += WrapLine(
        absl::StrCat("left out to fit the terminal: ", names, "; a pipe or --json shows them"),
        width, kHanging);
  }
  return text;
}

}  // namespace siphon::cli
