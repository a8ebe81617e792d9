// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/version.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace siphon::driver {
namespace {

// Larger numbers are not part of a version.
constexpr int kMost = 1'000'000;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Reads a number and removes it from the front of `text`; nothing if it is too large.
std::optional<int> TakeNumber(std::string_view& text) {
  int number = 0;
  size_t length = 0;
  for (; length < text.size() && IsDigit(text[length]); ++length) {
    number = number * 10 + (text[length] - '0');
    if (number > kMost) return std::nullopt;
  }
  if (length == 0) return std::nullopt;
  text.remove_prefix(length);
  return number;
}

}  // namespace

std::optional<Version> ParseVersion(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = i == 0 || text[i - 1] == ' ' || text[i - 1] == '(';
    if (!begins || !IsDigit(text[i])) continue;
    std::string_view rest = text.substr(i);
    std::array<int, 3> numbers = {0, 0, 0};
    for (size_t n = 0; n < numbers.size(); ++n) {
      if (n > 0) {
        if (rest.size() < 2 || rest[0] != '.' || !IsDigit(rest[1])) break;
        rest.remove_prefix(1);
      }
      const std::optional<int> number = TakeNumber(rest);
      if (!number.has_value()) return std::nullopt;
      numbers[n] = *number;
    }
    return Version{numbers[0], numbers[1], numbers[2]};
  }
  return std::nullopt;
}

std::string VersionText(const Version& version) {
  std::string text = absl::StrCat(version.major, ".", version.minor);
  if (version.patch != 0) absl::StrAppend(&text, ".", version.patch);
  return text;
}

}  // namespace siphon::driver
