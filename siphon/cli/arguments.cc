// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/arguments.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "siphon/domain/profile/url.h"

namespace siphon::cli {
namespace {

constexpr std::string_view kPassword = "--password";

// `argument` without its password; `previous` is the argument before it.
std::string Shown(std::string_view previous, std::string_view argument) {
  if (previous == kPassword) return "***";
  if (argument.substr(0, argument.find('=')) == kPassword && argument != kPassword) {
    return absl::StrCat(kPassword, "=***");
  }
  if (!absl::StrContains(argument, "://")) return std::string(argument);
  // "--database=postgres://..."
  const size_t equals = argument.find('=');
  const size_t url =
      absl::StartsWith(argument, "-") && equals < argument.find("://") ? equals + 1 : size_t{0};
  return absl::StrCat(argument.substr(0, url), profile::RedactUrl(argument.substr(url)));
}

// Replaces the bytes of `text` in place, because other users read this memory.
void Overwrite(char* text, std::string_view shown) {
  const size_t size = std::strlen(text);
  if (shown == std::string_view(text, size)) return;
  const size_t kept = std::min(size, shown.size());
  std::copy_n(shown.data(), kept, text);
  std::fill(text + kept, text + size, '\0');
}

}  // namespace

std::vector<std::string> TakeArguments(int argc, char** argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  std::vector<std::string> shown;
  for (size_t i = 0; i < arguments.size(); ++i) {
    shown.push_back(Shown(i > 0 ? arguments[i - 1] : "", arguments[i]));
  }
  // In one step at the end, to keep the time short in which passwords are readable.
  for (size_t i = 0; i < shown.size(); ++i) Overwrite(argv[i + 1], shown[i]);
  return arguments;
}

}  // namespace siphon::cli
