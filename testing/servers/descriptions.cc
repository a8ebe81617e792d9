// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/descriptions.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace siphon::testing {
namespace {

// The number of bytes of a line that are shown: the dump of a server has many rows in one line.
constexpr size_t kShown = 400;

std::vector<std::string_view> SortedLines(std::string_view text) {
  std::vector<std::string_view> lines = absl::StrSplit(text, '\n');
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

std::string CompareDescriptions(std::string_view one, std::string_view other) {
  const std::vector<std::string_view> before = SortedLines(one);
  const std::vector<std::string_view> after = SortedLines(other);
  std::vector<std::string_view> gone, come;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(gone));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(come));
  std::string text;
  for (const std::string_view line : gone) {
    absl::StrAppend(&text, "- ", line.substr(0, kShown), "\n");
  }
  for (const std::string_view line : come) {
    absl::StrAppend(&text, "+ ", line.substr(0, kShown), "\n");
  }
  return text;
}

}  // namespace siphon::testing
