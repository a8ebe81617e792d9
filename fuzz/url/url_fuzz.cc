// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "errs/error.h"
#include "siphon/base/utf8.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/profile/url.h"

namespace {

using siphon::profile::ParseUrl;
using siphon::profile::Profile;
using siphon::profile::RedactUrl;

void Require(bool condition) {
  if (!condition) std::abort();
}

// Checks that displayed text has no control characters.
void RequirePrintable(std::string_view text) {
  while (!text.empty()) {
    const siphon::base::CodePoint c = siphon::base::DecodeUtf8(text);
    Require(c.length > 0 && c.value >= 0x20 && c.value != 0x7F);
    Require(c.value < 0x80 || c.value >= 0xA0);
    text.remove_prefix(c.length);
  }
}

void RequireGoodError(const absl::Status& status, std::string_view shown) {
  const std::optional<siphon::errs::Error> error = siphon::errs::GetError(status);
  Require(error.has_value() && error->cause == siphon::errs::kInvalidArgument);
  Require(error->code == siphon::errs::Code::kUser && !error->hint.empty());
  Require(absl::StrContains(error->detail, shown));
}

// `profile` with the parts hidden that RedactUrl hides in its name.
Profile Hidden(Profile profile) {
  if (!profile.password.empty()) profile.password = "***";
  for (auto& [name, value] : profile.parameters) {
    if (siphon::profile::IsSecretParameter(name) && !value.empty()) value = "***";
  }
  return profile;
}

// Any text is parsed or gives an error; parsing the name of a profile gives the same profile.
void CheckAnyText(std::string_view text) {
  const std::string shown = RedactUrl(text);
  RequirePrintable(shown);
  const absl::StatusOr<Profile> profile = ParseUrl(text);
  if (!profile.ok()) return RequireGoodError(profile.status(), shown);
  Require(siphon::profile::LooksLikeUrl(text));
  Require(profile->name == shown && !profile->driver.empty());
  Require(profile->port >= 0 && profile->port <= 65535);
  Require((profile->driver == "sqlite") ? !profile->database.empty() : true);
  if (absl::StrContains(shown, "\\x")) return;  // Escaped: the name is not the URL any more.
  const absl::StatusOr<Profile> again = ParseUrl(shown);
  Require(again.ok() && *again == Hidden(*profile));
}

// A password between user and host is hidden, with any bytes.
void CheckPassword(std::string_view password) {
  constexpr std::string_view kSentinel = "Zq7Xk";
  constexpr std::string_view kShown = "postgres://user:***@host/db";
  const std::string url = absl::StrCat("postgres://user:", password, kSentinel, "@host/db");
  Require(RedactUrl(url) == kShown);
  const absl::StatusOr<Profile> profile = ParseUrl(url);
  if (!profile.ok()) {
    RequireGoodError(profile.status(), kShown);
    Require(!absl::StrContains(siphon::errs::Render(profile.status()), kSentinel));
  }
}

std::string PercentEncode(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '/') {
      out.push_back(c);
    } else {
      absl::StrAppendFormat(&out, "%%%02X", byte);
    }
  }
  return out;
}

// Every UTF-8 file name survives percent-encoding.
void CheckFileName(std::string_view name) {
  const std::string path = absl::StrCat("/d", name);
  const absl::StatusOr<Profile> profile = ParseUrl(absl::StrCat("sqlite://", PercentEncode(path)));
  const bool usable = siphon::base::IsValidUtf8(path) && !absl::StrContains(path, '\0') &&
                      !absl::EndsWith(path, "/") && path.size() < 10000;
  if (usable) Require(profile.ok() && profile->database == path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckAnyText(text);
  CheckPassword(text);
  CheckFileName(text);
  return 0;
}
