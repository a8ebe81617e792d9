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

// How many of these bytes are before the first one that differs.
constexpr size_t kBefore = 100;

std::vector<std::string_view> SortedLines(std::string_view text) {
  std::vector<std::string_view> lines = absl::StrSplit(text, '\n');
  std::sort(lines.begin(), lines.end());
  return lines;
}

// Of the line with the byte at `at`.
std::string_view ExcerptAround(std::string_view text, size_t at) {
  const size_t feed = text.substr(0, at).rfind('\n');
  const size_t line = feed == std::string_view::npos ? 0 : feed + 1;
  const std::string_view rest = text.substr(std::max(line, at - std::min(at, kBefore)));
  return rest.substr(0, std::min(rest.find('\n'), kShown));
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

std::string FirstDifference(std::string_view one, std::string_view other) {
  if (one == other) return "";
  const auto differs = std::mismatch(one.begin(), one.end(), other.begin(), other.end()).first;
  const auto at = static_cast<size_t>(differs - one.begin());
  return absl::StrCat("line ", std::count(one.begin(), differs, '\n') + 1, " of ", one.size(),
                      " and ", other.size(), " bytes\n- ", ExcerptAround(one, at), "\n+ ",
                      ExcerptAround(other, at), "\n");
}

}  // namespace siphon::testing
