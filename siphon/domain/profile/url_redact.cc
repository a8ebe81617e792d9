// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "siphon/base/utf8.h"
#include "siphon/domain/profile/url.h"
#include "siphon/domain/profile/url_parts.h"

namespace siphon::profile {
namespace {

constexpr std::string_view kMask = kHiddenSecret;

// The decoded name of a parameter; the raw name if it cannot be decoded.
std::string LenientName(std::string_view raw) {
  absl::StatusOr<std::string> decoded = PercentDecode(raw, "");
  return decoded.ok() ? *std::move(decoded) : std::string(raw);
}

// Redacts a URL that SplitUrl() accepts, whose secret bytes are known exactly.
std::string RedactParts(std::string_view text, const UrlParts& parts) {
  std::vector<std::string_view> secrets;  // In the order of their position.
  if (parts.password.has_value() && !parts.password->empty()) secrets.push_back(*parts.password);
  for (const auto& [key, value] : parts.query) {
    if (!value.empty() && IsSecretParameter(LenientName(key))) secrets.push_back(value);
  }
  std::string out;
  size_t copied = 0;
  for (std::string_view secret : secrets) {
    const size_t begin = static_cast<size_t>(secret.data() - text.data());
    absl::StrAppend(&out, text.substr(copied, begin - copied), kMask);
    copied = begin + secret.size();
  }
  absl::StrAppend(&out, text.substr(copied));
  return out;
}

// The position after a ':' in `authority` that is not followed by a port, or npos.
size_t FindOddColon(std::string_view authority) {
  size_t colon = authority.find(':');
  while (colon != std::string_view::npos) {
    size_t end = colon + 1;
    while (end < authority.size() &&
           absl::ascii_isdigit(static_cast<unsigned char>(authority[end]))) {
      ++end;
    }
    if (end < authority.size() && authority[end] != ',') return colon + 1;
    colon = authority.find(':', end);
  }
  return std::string_view::npos;
}

// Replaces a possible password in `body`, the text after "://": from the first ':' to the last '@',
// because an unescaped password can contain any character. Without an '@': the text after a ':'
// that is not followed by a port.
std::string RedactUserInfo(std::string_view body) {
  const size_t colon = body.find(':');
  const size_t at = body.rfind('@');
  if (at != std::string_view::npos) {
    if (colon > at) return std::string(body);
    return absl::StrCat(body.substr(0, colon + 1), kMask, body.substr(at));
  }
  const size_t odd = FindOddColon(body.substr(0, body.find_first_of("/?")));
  if (odd == std::string_view::npos) return std::string(body);
  return absl::StrCat(body.substr(0, odd), kMask);
}

// Replaces the values of secret parameters ("password=..."), up to the next '&'.
std::string RedactAssignments(std::string_view text) {
  std::string out;
  while (true) {
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) return absl::StrCat(out, text);
    const size_t before = text.substr(0, equals).find_last_of("?&;/ \t");
    const size_t begin = before == std::string_view::npos ? 0 : before + 1;
    absl::StrAppend(&out, text.substr(0, equals + 1));
    const bool secret = IsSecretParameter(LenientName(text.substr(begin, equals - begin)));
    text.remove_prefix(equals + 1);
    if (!secret) continue;
    absl::StrAppend(&out, text.empty() ? "" : kMask);
    text.remove_prefix(std::min(text.size(), text.find('&')));
  }
}

std::string EscapeControls(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const base::CodePoint next = base::DecodeUtf8(text);
    const size_t length = std::max<size_t>(next.length, 1);
    const std::string_view bytes = text.substr(0, length);
    const bool shown = next.length > 0 && next.value >= 0x20 && next.value != 0x7F &&
                       !(next.value >= 0x80 && next.value < 0xA0);
    if (shown) {
      absl::StrAppend(&out, bytes);
    } else {
      for (char c : bytes) absl::StrAppend(&out, "\\x", absl::BytesToHexString({&c, 1}));
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string RedactRefused(std::string_view text) {
  const size_t separator = text.find("://");
  const size_t start = separator == std::string_view::npos ? 0 : separator + 3;
  const std::string_view head = text.substr(0, start);
  const std::string_view body = text.substr(start);
  const bool may_have_password =
      absl::StrContains(body, '@') || (start > 0 && !IsFileScheme(text.substr(0, separator)));
  const std::string redacted =
      absl::StrCat(head, may_have_password ? RedactUserInfo(body) : std::string(body));
  return RedactAssignments(redacted);
}

}  // namespace

bool IsSecretParameter(std::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  for (std::string_view part :
       {"password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "api_key"}) {
    if (absl::StrContains(lower, part)) return true;
  }
  return false;
}

std::string RedactUrl(std::string_view text) {
  const absl::StatusOr<UrlParts> parts = SplitUrl(text);
  return EscapeControls(parts.ok() ? RedactParts(text, *parts) : RedactRefused(text));
}

}  // namespace siphon::profile
