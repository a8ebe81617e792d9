// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/options.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/aws/profile.h"
#include "siphon/base/aws/sigv4.h"
#include "siphon/base/build_info.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/http/client.h"
#include "siphon/base/units.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/stores/s3/bucket.h"
#include "siphon/stores/s3/object_writer.h"
#include "siphon/stores/s3/s3_store.h"

namespace siphon::s3 {
namespace {

// The length of a key that leaves room for the names of dumps and records, of 1024 bytes.
constexpr size_t kMaxPrefix = 512;
// An answer has at most one range of an object, or one page of a list.
constexpr size_t kMaxAnswer = kMaxRange + (size_t{1} << 20);

absl::Status Refuse(std::string_view setting, std::string_view value, std::string_view why) {
  return errs::UserError(
      "storage.s3", errs::kConfigInvalid,
      absl::StrCat("storage.", setting, " \"", base::EscapedExcerpt(value, 80), "\" ", why));
}

absl::StatusOr<std::string> PrefixOf(const storage::Settings& settings) {
  const std::string text = settings.Value("prefix");
  const std::string prefix(absl::StripSuffix(text, "/"));
  const bool control = std::any_of(prefix.begin(), prefix.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
  if (control || prefix.size() > kMaxPrefix) {
    return Refuse("prefix", text, "is longer than 512 bytes or has a control character");
  }
  return prefix;
}

absl::StatusOr<std::optional<bool>> PathStyleOf(const storage::Settings& settings) {
  const std::string text = settings.Value("path_style");
  if (text.empty()) return std::nullopt;
  if (text != "true" && text != "false") return Refuse("path_style", text, "is not true or false");
  return text == "true";
}

absl::StatusOr<PartSizes> PartSizesOf(const storage::Settings& settings,
                                      std::string_view endpoint) {
  PartSizes parts;
  // R2 refuses an upload whose parts differ in size.
  parts.equal = absl::StrContains(endpoint, ".r2.cloudflarestorage.com");
  const std::string text = settings.Value("part_size");
  if (text.empty()) return parts;
  const absl::StatusOr<uint64_t> size = base::ParseSize(text);
  if (!size.ok() || *size < kMinPart || *size > kMaxPart) {
    return Refuse("part_size", text, "is not a size from 5MiB to 1GiB");
  }
  parts.size = static_cast<size_t>(*size);
  return parts;
}

// Credentials of the configuration; those of the environment and of the AWS files where it names
// none.
absl::StatusOr<aws::Credentials> CredentialsOf(const storage::Settings& settings) {
  if (settings.Value("access_key").empty()) {
    return aws::FindCredentials(*settings.environment, settings.Value("aws_profile"));
  }
  aws::Credentials credentials{.origin = "the configuration (storage.access_key)"};
  ASSIGN_OR_RETURN(credentials.access_key,
                   settings.resolve_secret(settings.Value("access_key"), "storage.access_key"));
  ASSIGN_OR_RETURN(credentials.secret_key,
                   settings.resolve_secret(settings.Value("secret_key"), "storage.secret_key"));
  if (settings.Value("session_token").empty()) return credentials;
  ASSIGN_OR_RETURN(
      credentials.session_token,
      settings.resolve_secret(settings.Value("session_token"), "storage.session_token"));
  return credentials;
}

}  // namespace

absl::StatusOr<StoreOptions> OptionsOf(const storage::Settings& settings) {
  StoreOptions options;
  options.address.bucket = settings.Value("bucket");
  options.address.endpoint = settings.Value("endpoint");
  options.address.region = settings.Value("region");
  if (options.address.region.empty()) {
    ASSIGN_OR_RETURN(options.address.region,
                     aws::FindRegion(*settings.environment, settings.Value("aws_profile")));
  }
  ASSIGN_OR_RETURN(options.address.path_style, PathStyleOf(settings));
  ASSIGN_OR_RETURN(options.prefix, PrefixOf(settings));
  ASSIGN_OR_RETURN(options.parts, PartSizesOf(settings, options.address.endpoint));
  if (settings.Value("access_key").empty() != settings.Value("secret_key").empty()) {
    return errs::UserError("storage.s3", errs::kConfigInvalid,
                           "of storage.access_key and storage.secret_key only one is set",
                           "set both, or neither to use the environment or the AWS files");
  }
  options.credentials = [settings] { return CredentialsOf(settings); };
  options.http = http::OptionsFrom(*settings.environment);
  options.http.max_body = kMaxAnswer;
  options.http.user_agent = absl::StrCat("siphon/", base::GetBuildInfo().version);
  if (const std::string file = settings.Value("ca_file"); !file.empty()) {
    options.http.ca_file = file;
    options.http.ca_directory.clear();
  }
  options.timing.clock = settings.clock;
  return options;
}

}  // namespace siphon::s3
