// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/expand.h"

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::config {
namespace {

// The length of the variable name at the beginning of `text`; 0 if there is none.
size_t NameLength(std::string_view text) {
  size_t length = 0;
  while (length < text.size()) {
    const unsigned char c = static_cast<unsigned char>(text[length]);
    const bool in_name =
        absl::ascii_isalpha(c) || c == '_' || (length > 0 && absl::ascii_isdigit(c));
    if (!in_name) break;
    ++length;
  }
  return length;
}

absl::StatusOr<std::string> Lookup(std::string_view name, const base::Environment& environment) {
  std::optional<std::string> value = environment.Get(name);
  if (value.has_value()) return *std::move(value);
  return errs::UserError(kUnsetVariable, errs::kConfigInvalid,
                         absl::StrCat("the environment variable ", name, " is not set"),
                         absl::StrCat("set ", name, ", or write $$ for a literal '$'"));
}

absl::Status BadBraces() {
  return errs::UserError("config", errs::kConfigInvalid,
                         "\"${\" without a variable's name and \"}\"",
                         "write ${NAME}, or $$ for a literal '$'");
}

}  // namespace

absl::StatusOr<Expansion> Expand(std::string_view text, const base::Environment& environment) {
  Expansion result;
  while (true) {
    const size_t dollar = text.find('$');
    absl::StrAppend(&result.text, text.substr(0, dollar));
    if (dollar == std::string_view::npos) return result;
    text.remove_prefix(dollar + 1);
    if (absl::StartsWith(text, "$")) {
      result.text.push_back('$');
      text.remove_prefix(1);
      continue;
    }
    const bool braces = absl::StartsWith(text, "{");
    if (braces) text.remove_prefix(1);
    const std::string_view name = text.substr(0, NameLength(text));
    text.remove_prefix(name.size());
    if (braces && (name.empty() || !absl::StartsWith(text, "}"))) return BadBraces();
    if (braces) text.remove_prefix(1);
    if (name.empty()) {
      result.text.push_back('$');
      continue;
    }
    ASSIGN_OR_RETURN(const std::string value, Lookup(name, environment));
    result.text.append(value);
    result.has_reference = true;
  }
}

std::string EscapeDollars(std::string_view text) {
  return absl::StrReplaceAll(text, {{"$", "$$"}});
}

bool IsVariableReference(std::string_view text) {
  if (!absl::StartsWith(text, "${") || !absl::EndsWith(text, "}")) return false;
  const std::string_view name = text.substr(2, text.size() - 3);
  return !name.empty() && NameLength(name) == name.size();
}

}  // namespace siphon::config
