// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/arguments.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "siphon/domain/profile/url.h"

namespace siphon::cli {
namespace {

constexpr std::string_view kMask = "***";

// True for a flag whose value is a secret: "--password".
bool IsSecretFlag(std::string_view argument) {
  return absl::ConsumePrefix(&argument, "-") && !absl::StrContains(argument, '=') &&
         profile::IsSecretParameter(argument);
}

// True for a parameter that can hold any setting (PostgreSQL's "options"), and for an escaped name.
bool MayHoldSecrets(std::string_view name) {
  return absl::EqualsIgnoreCase(name, "options") || absl::StrContains(name, '%');
}

// `text` without the values of parameters that may hold secrets, each up to the next '&'.
std::string WithoutSettings(std::string_view text) {
  std::string out;
  while (true) {
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) return absl::StrCat(out, text);
    const size_t before = text.substr(0, equals).find_last_of("?&;/ \t");
    const size_t name = before == std::string_view::npos ? 0 : before + 1;
    const bool hide = MayHoldSecrets(text.substr(name, equals - name));
    absl::StrAppend(&out, text.substr(0, equals + 1), hide ? kMask : "");
    text.remove_prefix(equals + 1);
    if (hide) text.remove_prefix(std::min(text.size(), text.find('&')));
  }
}

// `argument` without its secrets; `previous` is the argument before it.
std::string Shown(std::string_view previous, std::string_view argument) {
  if (IsSecretFlag(previous)) return std::string(kMask);
  const size_t equals = argument.find('=');
  const bool flag = absl::StartsWith(argument, "-");
  if (flag && equals != std::string_view::npos && IsSecretFlag(argument.substr(0, equals))) {
    return absl::StrCat(argument.substr(0, equals + 1), kMask);
  }
  const size_t scheme = argument.find("://");
  if (scheme == std::string_view::npos && equals == std::string_view::npos) {
    return std::string(argument);
  }
  // "--database=postgres://...", "--parameter=options=..."
  const size_t value = flag && equals < scheme ? equals + 1 : 0;
  return absl::StrCat(argument.substr(0, value),
                      WithoutSettings(profile::RedactUrl(argument.substr(value))));
}

// Replaces the `size` bytes of `text` in place, because other users read this memory.
void Overwrite(char* text, size_t size, std::string_view shown) {
  const size_t kept = std::min(size, shown.size());
  std::copy_n(shown.data(), kept, text);
  std::fill(text + kept, text + size, '\0');
}

}  // namespace

std::vector<std::string> TakeArguments(int argc, char** argv, char** original) {
  const int first = std::min(argc, 1);
  std::vector<std::string> arguments(original + first, original + argc);
  for (size_t i = 0; i < arguments.size(); ++i) {
    Overwrite(argv[i + 1], arguments[i].size(), Shown(i > 0 ? arguments[i - 1] : "", arguments[i]));
  }
  return arguments;
}

}  // namespace siphon::cli
