// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/yaml_write.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/utf8.h"
#include "siphon/domain/config/expand.h"
#include "siphon/domain/profile/url.h"

namespace siphon::config {
namespace {

// Plain words that YAML 1.1 or 1.2 does not read as text.
constexpr std::array<std::string_view, 9> kWords = {"true", "false", "yes", "no", "on",
                                                    "off",  "null",  "y",   "n"};

bool IsPlain(std::string_view text) {
  if (text.empty() || absl::EndsWith(text, ":")) return false;
  if (!absl::ascii_isalpha(static_cast<unsigned char>(text[0])) && text[0] != '/') return false;
  const bool allowed = std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("/._-:@+", c);
  });
  const std::string lower = absl::AsciiStrToLower(text);
  return allowed && std::find(kWords.begin(), kWords.end(), lower) == kWords.end();
}

// Characters that need an escape: control characters, and the non-ASCII line breaks and byte order
// mark of YAML 1.1.
bool NeedsEscape(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF;
}

absl::Status CheckValue(std::string_view where, std::string_view value) {
  if (!base::IsValidUtf8(value)) {
    return errs::UserError("config", errs::kInvalidArgument,
                           absl::StrCat("the profile's ", where, " is not valid UTF-8"),
                           "a configuration is UTF-8 text");
  }
  if (absl::StrContains(value, '\0')) {
    return errs::UserError("config", errs::kInvalidArgument,
                           absl::StrCat("the profile's ", where, " holds a NUL byte"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string YamlScalar(std::string_view text) {
  if (IsPlain(text)) return std::string(text);
  std::string out = "\"";
  while (!text.empty()) {
    const base::CodePoint c = base::DecodeUtf8(text);
    const size_t length = std::max<size_t>(c.length, 1);
    if (c.value == '"' || c.value == '\\') {
      absl::StrAppend(&out, "\\", text.substr(0, 1));
    } else if (!NeedsEscape(c.value)) {
      absl::StrAppend(&out, text.substr(0, length));
    } else if (c.value < 0x100) {
      absl::StrAppendFormat(&out, "\\x%02x", c.value);
    } else {
      absl::StrAppendFormat(&out, "\\u%04x", c.value);
    }
    text.remove_prefix(length);
  }
  out.push_back('"');
  return out;
}

absl::StatusOr<std::vector<std::string>> ProfileLines(const profile::Profile& profile) {
  const std::string port = profile.port == 0 ? "" : absl::StrCat(profile.port);
  const std::string_view tools = profile.tools.has_value() ? ToolsName(*profile.tools) : "";
  const std::array<std::pair<std::string_view, std::string_view>, 10> fields = {
      {{"driver", profile.driver},
       {"host", profile.host},
       {"port", port},
       {"user", profile.user},
       {"password", profile.password},
       {"database", profile.database},
       {"sslmode", profile.sslmode},
       {"group", profile.group},
       {"tools", tools},
       {"migrations", profile.migrations}}};
  std::vector<std::string> lines = {absl::StrCat(YamlScalar(profile.name), ":")};
  for (const auto& [key, value] : fields) {
    if (value.empty()) continue;
    RETURN_IF_ERROR(CheckValue(key, value));
    if (key == "port" || (key == "password" && IsVariableReference(value))) {
      lines.push_back(absl::StrCat("  ", key, ": ", value));
    } else {
      lines.push_back(absl::StrCat("  ", key, ": ", YamlScalar(EscapeDollars(value))));
    }
  }
  std::vector<std::string> others;
  for (const auto& [key, value] : profile.parameters) {
    RETURN_IF_ERROR(CheckValue("parameters", key));
    RETURN_IF_ERROR(CheckValue("parameters", value));
    const bool reference = profile::IsSecretParameter(key) && IsVariableReference(value);
    std::string line = absl::StrCat("  ", YamlScalar(key), ": ",
                                    reference ? value : YamlScalar(EscapeDollars(value)));
    if (profile::IsParameterKey(key) && !value.empty()) {
      lines.push_back(std::move(line));
    } else {
      others.push_back(absl::StrCat("  ", line));
    }
  }
  if (!others.empty()) lines.push_back("  parameters:");
  lines.insert(lines.end(), others.begin(), others.end());
  return lines;
}

}  // namespace siphon::config
