// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/aws/profile.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/aws/sigv4.h"
#include "siphon/base/environment.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/file.h"

namespace siphon::aws {
namespace {

constexpr std::string_view kOp = "aws.credentials";
constexpr size_t kMaxFile = size_t{1} << 20;
constexpr size_t kShownName = 80;

using Settings = std::map<std::string, std::string>;

absl::Status BadLine(int line, std::string_view why) {
  return errs::UserError(kOp, errs::kConfigInvalid, absl::StrCat("line ", line, " ", why),
                         "the form is [profile], then lines of name = value");
}

bool IsControl(char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t'; }

// The path of a file: that of the variable, else `name` in ~/.aws; "" without a home.
std::string PathOf(const base::Environment& environment, std::string_view variable,
                   std::string_view name) {
  std::string path = environment.GetOrEmpty(variable);
  if (!path.empty()) return path;
  const std::string home = environment.GetOrEmpty("HOME");
  return home.empty() ? "" : absl::StrCat(home, "/.aws/", name);
}

// Adds the settings of a section of a file to `settings`, which they replace.
absl::Status AddSection(const std::string& path, const std::string& section, Settings& settings) {
  if (path.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> text = base::ReadFile(path, kMaxFile);
  if (errs::Is(text.status(), errs::kNotFound)) return absl::OkStatus();
  RETURN_IF_ERROR(text.status());
  const absl::StatusOr<Sections> sections = ParseProfiles(*text);
  if (!sections.ok()) {
    const auto error = errs::GetError(sections.status());
    return errs::UserError(kOp, errs::kConfigInvalid,
                           absl::StrCat(path, ": ", error ? error->detail : ""),
                           error ? error->hint : "");
  }
  const auto found = sections->find(section);
  if (found == sections->end()) return absl::OkStatus();
  for (const auto& [name, value] : found->second) settings[name] = value;
  return absl::OkStatus();
}

std::string ProfileName(const base::Environment& environment, std::string_view profile) {
  if (!profile.empty()) return std::string(profile);
  std::string name = environment.GetOrEmpty("AWS_PROFILE");
  return name.empty() ? "default" : name;
}

std::string ValueOf(const Settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? "" : found->second;
}

absl::StatusOr<Credentials> FromProfile(const base::Environment& environment,
                                        std::string_view profile) {
  const std::string name = ProfileName(environment, profile);
  const std::string shown = base::EscapedExcerpt(name, kShownName);
  ASSIGN_OR_RETURN(const Settings settings, ReadProfile(environment, name));
  Credentials credentials{.access_key = ValueOf(settings, "aws_access_key_id"),
                          .secret_key = ValueOf(settings, "aws_secret_access_key"),
                          .session_token = ValueOf(settings, "aws_session_token"),
                          .origin = absl::StrCat("profile ", shown, " of the AWS files")};
  if (!credentials.access_key.empty() && !credentials.secret_key.empty()) return credentials;
  for (const char* const way :
       {"credential_process", "role_arn", "sso_session", "sso_start_url", "credential_source"}) {
    if (!settings.contains(way)) continue;
    return errs::UserError(kOp, errs::kSecretUnavailable,
                           absl::StrCat("profile ", shown, " gets its credentials by ", way,
                                        ", which this version cannot do"),
                           "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  return errs::UserError(
      kOp, errs::kSecretUnavailable,
      settings.empty() ? absl::StrCat("there are no credentials: AWS_ACCESS_KEY_ID is not set, and "
                                      "the AWS files have no profile ",
                                      shown)
                       : absl::StrCat("profile ", shown, " has no key"),
      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or storage.access_key and "
      "storage.secret_key");
}

}  // namespace

absl::StatusOr<Sections> ParseProfiles(std::string_view text) {
  Sections sections;
  Settings* section = nullptr;
  int number = 0;
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    absl::ConsumeSuffix(&line, "\r");
    const std::string_view content = absl::StripAsciiWhitespace(line);
    if (content.empty() || content[0] == '#' || content[0] == ';') continue;
    if (std::any_of(content.begin(), content.end(), IsControl)) {
      return BadLine(number, "has a control character");
    }
    if (content[0] == '[') {
      const size_t end = content.find(']');
      if (end == std::string_view::npos) return BadLine(number, "has no ']'");
      const std::string_view name = absl::StripAsciiWhitespace(content.substr(1, end - 1));
      if (name.empty()) return BadLine(number, "names no profile");
      section = &sections[std::string(name)];
      continue;
    }
    if (line[0] == ' ' || line[0] == '\t') continue;  // A setting of "s3 =", and the like.
    const std::pair<std::string_view, std::string_view> parts =
        absl::StrSplit(content, absl::MaxSplits('=', 1));
    const std::string_view name = absl::StripAsciiWhitespace(parts.first);
    if (!absl::StrContains(content, '=') || name.empty()) {
      return BadLine(number, "is no setting");
    }
    if (section == nullptr) return BadLine(number, "is before the first profile");
    (*section)[absl::AsciiStrToLower(name)] = std::string(absl::StripAsciiWhitespace(parts.second));
  }
  return sections;
}

absl::StatusOr<std::map<std::string, std::string>> ReadProfile(const base::Environment& environment,
                                                               std::string_view profile) {
  Settings settings;
  const std::string name(profile);
  RETURN_IF_ERROR(AddSection(PathOf(environment, "AWS_CONFIG_FILE", "config"),
                             name == "default" ? name : absl::StrCat("profile ", name), settings));
  RETURN_IF_ERROR(AddSection(PathOf(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials"),
                             name, settings));
  return settings;
}

absl::StatusOr<Credentials> FindCredentials(const base::Environment& environment,
                                            std::string_view profile) {
  if (!profile.empty()) return FromProfile(environment, profile);
  Credentials credentials{.access_key = environment.GetOrEmpty("AWS_ACCESS_KEY_ID"),
                          .secret_key = environment.GetOrEmpty("AWS_SECRET_ACCESS_KEY"),
                          .session_token = environment.GetOrEmpty("AWS_SESSION_TOKEN"),
                          .origin = "the environment (AWS_ACCESS_KEY_ID)"};
  if (credentials.access_key.empty() != credentials.secret_key.empty()) {
    return errs::UserError(kOp, errs::kSecretUnavailable,
                           "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set",
                           "set both, or neither to use a profile of the AWS files");
  }
  if (!credentials.access_key.empty()) return credentials;
  return FromProfile(environment, "");
}

absl::StatusOr<std::string> FindRegion(const base::Environment& environment,
                                       std::string_view profile) {
  for (const char* const name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    std::string region = environment.GetOrEmpty(name);
    if (!region.empty()) return region;
  }
  ASSIGN_OR_RETURN(const Settings settings,
                   ReadProfile(environment, ProfileName(environment, profile)));
  return ValueOf(settings, "region");
}

}  // namespace siphon::aws
