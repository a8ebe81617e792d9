// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/text_width.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "siphon/base/utf8.h"

namespace siphon::cli {
namespace {

struct Range {
  uint32_t first, last;
};
// Blocks of Unicode whose characters are wide (East_Asian_Width W and F, UAX #11), in their order.
constexpr Range kWide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},
    {0x4e00, 0xa4cf},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff01, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};
// Marks that are drawn over the character before, and joiners.
constexpr Range kNarrow[] = {
    {0x300, 0x36f}, {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};

template <size_t kCount>
bool IsIn(const Range (&ranges)[kCount], uint32_t value) {
  return std::any_of(std::begin(ranges), std::end(ranges), [value](const Range& range) {
    return range.first <= value && value <= range.last;
  });
}

// A character: its first byte, its size in bytes, its width.
struct Character {
  size_t at, size, width;
};

std::vector<Character> CharactersOf(std::string_view text) {
  std::vector<Character> characters;
  for (size_t at = 0; at < text.size();) {
    const base::CodePoint point = base::DecodeUtf8(text.substr(at));
    const size_t size = std::max<size_t>(1, point.length);
    size_t width = 1;
    if (point.length > 1) width = IsIn(kWide, point.value) ? 2 : IsIn(kNarrow, point.value) ? 0 : 1;
    characters.push_back({at, size, width});
    at += size;
  }
  return characters;
}

}  // namespace

size_t Width(std::string_view text) {
  size_t width = 0;
  for (const Character& character : CharactersOf(text)) width += character.width;
  return width;
}

std::string CutMiddle(std::string_view text, size_t width) {
  if (Width(text) <= width) return std::string(text);
  if (width == 0) return "";
  const std::vector<Character> characters = CharactersOf(text);
  size_t left = width - 1 - (width - 1) / 2;
  size_t head = 0;
  for (auto one = characters.begin(); one->width <= left; ++one) {
    left -= one->width;
    head = one->at + one->size;
  }
  left = (width - 1) / 2;
  size_t tail = text.size();
  for (auto one = characters.rbegin(); one->width <= left; ++one) {
    left -= one->width;
    tail = one->at;
  }
  return absl::StrCat(text.substr(0, head), "…", text.substr(tail));
}

std::vector<std::string> WrapWords(std::string_view text, size_t width) {
  if (Width(text) <= width) return {std::string(text)};
  std::vector<std::string> lines = {""};
  size_t used = 0;
  for (const std::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const size_t length = Width(word);
    if (used > 0 && used + 1 + length > width) {
      lines.emplace_back();
      used = 0;
    }
    if (used > 0) ++used;
    absl::StrAppend(&lines.back(), lines.back().empty() ? "" : " ", word);
    used += length;
  }
  return lines;
}

std::string WrapMessage(std::string_view text, size_t indent, int width) {
  if (width <= 0 || indent + Width(text) <= static_cast<size_t>(width)) return std::string(text);
  // A character that no printable text has stands for the blanks of commands.
  constexpr char kJoint = '\x01';
  constexpr std::string_view kCommand = "'siphon ";
  std::string joined(text);
  for (size_t begin = joined.find(kCommand); begin != std::string::npos;
       begin = joined.find(kCommand, begin + 1)) {
    const size_t end = joined.find('\'', begin + 1);
    if (end == std::string::npos) break;
    std::replace(joined.begin() + static_cast<std::ptrdiff_t>(begin),
                 joined.begin() + static_cast<std::ptrdiff_t>(end), ' ', kJoint);
  }
  const size_t room = static_cast<size_t>(width) - std::min(static_cast<size_t>(width), indent);
  std::string out =
      absl::StrJoin(WrapWords(joined, room), absl::StrCat("\n", std::string(indent, ' ')));
  std::replace(out.begin(), out.end(), kJoint, ' ');
  return out;
}

}  // namespace siphon::cli
